/**
 * A second codec, slow and obvious, the reference for tests and benches.
 *
 * It works on whole buffers only, as text with one character a byte, and shares
 * nothing but types with the codec that is published.
 *
 * @module
 */

import type {
  Message,
  MessageField,
  MessageFields,
  MessageKind,
} from "../message.ts";
import type { Name } from "../name.ts";
import type { ProtocolVersion } from "../version.ts";

/** The version and limits of the oracle. */
export interface OracleOptions {
  readonly version: ProtocolVersion;
  readonly maxNameBytes: number;
  readonly maxPayloadBytes: number;
}

/** A fault in bytes. */
export interface OracleFault {
  readonly reason: string;
  readonly offset: number;
  readonly code: number;
}

/** The messages of a whole conversation, and the fault that ends it, if any. */
export interface OracleResult {
  readonly messages: Message[];
  readonly fault?: OracleFault;
}

/** A kind of message: the versions that have it, its letter and its fields. */
export interface OracleKind<Kind extends MessageKind = MessageKind> {
  readonly kind: Kind;
  readonly versions: readonly ProtocolVersion[];
  readonly letter: string;
  readonly fields: readonly MessageField<Kind>[];
}

/** All versions. The compiler names this place when there is another one. */
export const VERSIONS = Object.keys(
  { "00": true, "01": true } satisfies Record<ProtocolVersion, true>,
) as ProtocolVersion[];

const BOTH = ["00", "01"] as const;

const KINDS: {
  readonly [Kind in MessageKind]: Omit<OracleKind<Kind>, "kind">;
} = {
  SingleRequest: {
    versions: BOTH,
    letter: "r",
    fields: ["id", "operation", "payload"],
  },
  StreamRequest: {
    versions: BOTH,
    letter: "s",
    fields: ["id", "operation", "payload"],
  },
  StreamRequestPart: { versions: BOTH, letter: "p", fields: ["id", "payload"] },
  SingleResult: { versions: BOTH, letter: "R", fields: ["id", "payload"] },
  StreamResult: { versions: BOTH, letter: "S", fields: ["id", "payload"] },
  ErrorResult: { versions: BOTH, letter: "E", fields: ["id", "payload"] },
  RetryResult: {
    versions: ["01"],
    letter: "e",
    fields: ["id", "wait", "payload"],
  },
  Notification: { versions: BOTH, letter: "n", fields: ["name", "payload"] },
  Heartbeat: { versions: ["01"], letter: "h", fields: ["load", "time"] },
  ProtocolError: { versions: ["01"], letter: "f", fields: ["code"] },
};

/** Returns the kinds of message that a version has. */
export function oracleKinds(version: ProtocolVersion): OracleKind[] {
  return Object.entries<Omit<OracleKind, "kind">>(KINDS)
    .map(([kind, entry]) => ({ kind: kind as MessageKind, ...entry }))
    .filter(({ versions }) => versions.includes(version));
}

/** Returns the bytes of text with one character a byte. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Returns bytes as text with one character a byte. */
export function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Returns the name for bytes, given as text. */
export function oracleName(text: string): Name {
  try {
    return decodeURIComponent(
      text.replace(
        /[^]/g,
        (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, "0")}`,
      ),
    );
  } catch {
    return bytesOf(text);
  }
}

/** Encodes a message: header and payload together. */
export function oracleEncode(
  message: Message,
  version: ProtocolVersion,
): Uint8Array<ArrayBuffer> {
  const { letter, fields } = KINDS[message.kind];
  const values = message as unknown as MessageFields;
  return bytesOf(
    letter + fields.map((field) => fieldText(field, values, version)).join(""),
  );
}

/** Returns a field as it is written, with one character a byte. */
function fieldText(
  field: MessageField,
  values: MessageFields,
  version: ProtocolVersion,
): string {
  switch (field) {
    case "id":
      return hex(values.id, version === "00" ? 6 : 8)
        .replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16)));
    case "operation":
    case "name": {
      const name = nameText(values[field]);
      return hex(name.length, 3) + name;
    }
    case "payload":
      return hex(values.payload.length, 8) + textOf(values.payload);
    case "load":
      return hex(values.load, 4);
    case "wait":
    case "time":
    case "code":
      return hex(values[field], 8);
    default:
      return field satisfies never;
  }
}

/** Decodes a whole conversation, without its version. */
export function oracleDecode(
  bytes: Uint8Array,
  { version, maxNameBytes, maxPayloadBytes }: OracleOptions,
): OracleResult {
  const text = textOf(bytes);
  const kinds = oracleKinds(version);
  const messages: Message[] = [];
  let at = 0;

  function fault(reason: string, offset: number): never {
    throw { reason, offset, code: 2 };
  }

  function take(length: number): string {
    if (at + length > text.length) fault("truncated", text.length);
    at += length;
    return text.slice(at - length, at);
  }

  function number(digits: number): number {
    const bad = text.slice(at, at + digits).search(/[^0-9a-fA-F]/);
    if (bad >= 0) fault("bad-hex", at + bad);
    return parseInt(take(digits), 16);
  }

  function sized(digits: number, most: number): string {
    const length = number(digits);
    if (length > most) fault("over-limit", at - digits);
    return take(length);
  }

  function value(field: MessageField): unknown {
    switch (field) {
      case "id":
        return parseInt(
          [...take(version === "00" ? 3 : 4)]
            .map((byte) => hex(byte.charCodeAt(0), 2)).join(""),
          16,
        );
      case "operation":
      case "name":
        return oracleName(sized(3, maxNameBytes));
      case "payload":
        return bytesOf(sized(8, maxPayloadBytes));
      case "load":
        return number(4);
      case "wait":
      case "time":
      case "code":
        return number(8);
      default:
        return field satisfies never;
    }
  }

  try {
    while (at < text.length) {
      const { kind, fields } = kinds.find(({ letter }) =>
        letter === text[at]
      ) ?? fault("unknown-kind", at);
      at++;
      const message: Record<string, unknown> = { kind };
      for (const field of fields) message[field] = value(field);
      messages.push(message as unknown as Message);
    }
    return { messages };
  } catch (fault) {
    if (fault instanceof Error) throw fault;
    return { messages, fault: fault as OracleFault };
  }
}

/** Returns a name as text with one character for each byte of its UTF-8. */
function nameText(name: Name): string {
  return typeof name !== "string" ? textOf(name) : encodeURIComponent(name)
    .replace(
      /%(..)/g,
      (_, pair: string) => String.fromCharCode(parseInt(pair, 16)),
    );
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
