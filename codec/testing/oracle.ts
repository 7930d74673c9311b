/**
 * A second codec, slow and obvious, that tests and benches hold against the shipping one.
 *
 * It works on whole buffers only, as text with one character a byte, and shares nothing with the
 * other but types.
 *
 * @module
 */

import type { Message, MessageKind } from "../message.ts";
import type { Name } from "../name.ts";
import type { ProtocolVersion } from "../version.ts";

/** How the oracle reads. */
export interface OracleOptions {
  readonly version: ProtocolVersion;
  readonly maxNameBytes: number;
  readonly maxPayloadBytes: number;
}

/** What is wrong with bytes, and where. */
export interface OracleFault {
  readonly reason: string;
  readonly offset: number;
  readonly code: number;
}

/** What a whole conversation decodes to: messages, then the fault that ends it, if there is one. */
export interface OracleResult {
  readonly messages: Message[];
  readonly fault?: OracleFault;
}

type Field =
  | "id"
  | "operation"
  | "name"
  | "wait"
  | "payload"
  | "load"
  | "time"
  | "code";

/** Letter, kind and fields of every message. */
const KINDS: readonly (readonly [string, MessageKind, readonly Field[]])[] = [
  ["r", "SingleRequest", ["id", "operation", "payload"]],
  ["s", "StreamRequest", ["id", "operation", "payload"]],
  ["p", "StreamRequestPart", ["id", "payload"]],
  ["R", "SingleResult", ["id", "payload"]],
  ["S", "StreamResult", ["id", "payload"]],
  ["E", "ErrorResult", ["id", "payload"]],
  ["e", "RetryResult", ["id", "wait", "payload"]],
  ["n", "Notification", ["name", "payload"]],
  ["h", "Heartbeat", ["load", "time"]],
  ["f", "ProtocolError", ["code"]],
];

/** Bytes from text with one character a byte. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Text with one character a byte. */
export function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** The name that bytes stand for. */
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

/** A message as the bytes of its header and payload together. */
export function oracleEncode(
  message: Message,
  version: ProtocolVersion,
): Uint8Array<ArrayBuffer> {
  const [letter, , fields] = KINDS.find(([, kind]) => kind === message.kind)!;
  let text: string = letter;
  for (const field of fields) {
    const value = (message as unknown as Record<Field, unknown>)[field];
    if (field === "id") {
      const pairs = hex(value, version === "00" ? 6 : 8).match(/../g)!;
      for (const pair of pairs) text += String.fromCharCode(parseInt(pair, 16));
    } else if (field === "payload") {
      text += hex((value as Uint8Array).length, 8);
      text += textOf(value as Uint8Array);
    } else if (field === "operation" || field === "name") {
      const name = nameText(value as Name);
      text += hex(name.length, 3) + name;
    } else {
      text += hex(value, field === "load" ? 4 : 8);
    }
  }
  return bytesOf(text);
}

/** A whole conversation, without its version. */
export function oracleDecode(
  bytes: Uint8Array,
  { version, maxNameBytes, maxPayloadBytes }: OracleOptions,
): OracleResult {
  const text = textOf(bytes);
  const known = version === "00" ? /[rspRSEn]/ : /[rspRSEenhf]/;
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

  function value(field: Field): unknown {
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
      default:
        return number(field === "load" ? 4 : 8);
    }
  }

  try {
    while (at < text.length) {
      if (!known.test(text[at]!)) fault("unknown-kind", at);
      const letter = take(1);
      const [, kind, fields] = KINDS.find((known) => known[0] === letter)!;
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

/** The name as text with one character a byte of its UTF-8. */
function nameText(name: Name): string {
  return typeof name !== "string" ? textOf(name) : encodeURIComponent(name)
    .replace(
      /%(..)/g,
      (_, pair: string) => String.fromCharCode(parseInt(pair, 16)),
    );
}

function hex(value: unknown, digits: number): string {
  return (value as number).toString(16).padStart(digits, "0");
}
