/**
 * Encoding: messages to bytes.
 *
 * @module
 */

import { checkOptionNames } from "../quoting/option_names.ts";
import { nameOfValue } from "../quoting/value.ts";
import { writeHex3, writeHex4, writeHex8, writeId } from "./_fields.ts";
import { type Layout, LAYOUTS, type VersionLayout } from "./_layout.ts";
import { LimitError } from "./limit_error.ts";
import type { Message } from "./message.ts";
import { MAX_NAME_BYTES, type Name, quoteName } from "./name.ts";
import { checkRequestId } from "./request_id.ts";
import { CURRENT_VERSION, type ProtocolVersion } from "./version.ts";

/** Options of an {@linkcode Encoder}. */
export interface EncoderOptions {
  /** The version of the protocol; {@linkcode CURRENT_VERSION} by default. */
  readonly version?: ProtocolVersion;
}

const utf8 = new TextEncoder();

/**
 * Writes the headers of messages.
 *
 * It does not copy payloads: the caller sends the payload after the header, as
 * it is. A message that does not fit the protocol is refused before any byte of
 * it is written (wire/range).
 *
 * @example Write a header and its payload into one buffer
 * ```ts
 * import { Encoder, requestId } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const encoder = new Encoder();
 * const buffer = new Uint8Array(64);
 * const payload = new TextEncoder().encode("hi");
 * const id = requestId("0001");
 * const end = encoder.writeHeader(
 *   { kind: "SingleRequest", id, operation: "echo", payload },
 *   buffer,
 *   0,
 * );
 * buffer.set(payload, end);
 * assertEquals(
 *   new TextDecoder().decode(buffer.subarray(0, end + payload.length)),
 *   "r0001004echo00000002hi",
 * );
 * ```
 */
export class Encoder {
  /** The version of the protocol that the encoder writes. */
  readonly version: ProtocolVersion;
  readonly #layout: VersionLayout;

  /**
   * Creates an encoder, which keeps no state between messages.
   *
   * @throws {TypeError} If an option is unknown.
   */
  constructor(options: EncoderOptions = {}) {
    checkOptionNames(options, { version: 1 });
    this.version = options.version ?? CURRENT_VERSION;
    this.#layout = LAYOUTS[this.version];
  }

  /**
   * Returns the length of a message's header, in bytes.
   *
   * @throws {LimitError} If the message cannot be written; `code` is the field.
   * @throws {TypeError} If the payload or name is of another type.
   */
  headerLength(message: Message): number {
    return measure(message, this.#layoutOf(message), this.version);
  }

  /**
   * Writes the header of a message into a buffer at an offset; returns the offset
   * of its end.
   *
   * @throws {LimitError} If the message cannot be written; `code` is the field.
   * @throws {RangeError} If the header does not fit into the buffer.
   */
  writeHeader(message: Message, buffer: Uint8Array, at: number): number {
    const layout = this.#layoutOf(message);
    const length = measure(message, layout, this.version);
    if (!(at >= 0 && at + length <= buffer.byteLength)) {
      throw new RangeError(
        `Cannot encode ${message.kind}: the buffer has ${buffer.byteLength} bytes, wanted ${length} from byte ${at} on`,
      );
    }
    write(message, layout, this.#layout.idLength, length, buffer, at);
    return at + length;
  }

  /**
   * Returns a message as write units: its header, then its payload unless that is
   * empty.
   *
   * The header is a new array; the payload is not copied.
   *
   * @throws {LimitError} If the message cannot be written; `code` is the field.
   */
  encode(message: Message): Uint8Array[] {
    const layout = this.#layoutOf(message);
    const header = new Uint8Array(measure(message, layout, this.version));
    write(message, layout, this.#layout.idLength, header.byteLength, header, 0);
    return "payload" in message && message.payload.byteLength > 0
      ? [header, message.payload]
      : [header];
  }

  #layoutOf(message: Message): Layout {
    // version00/kinds
    const layout = this.#layout.byKind.get(message.kind);
    if (layout !== undefined) return layout;
    throw new LimitError(
      `Cannot encode ${message.kind}: version ${this.version} has no such message`,
      { code: "kind" },
    );
  }
}

const ENCODERS: Readonly<Record<ProtocolVersion, Encoder>> = {
  "00": new Encoder({ version: "00" }),
  "01": new Encoder({ version: "01" }),
};

/**
 * Returns a message as write units: its header, then its payload unless that is
 * empty.
 *
 * @throws {LimitError} If the message cannot be written; `code` is the field.
 * @throws {TypeError} If the payload or name is of another type.
 *
 * @example
 * ```ts
 * import { encode } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const payload = new TextEncoder().encode("hi");
 * const units = encode({ kind: "Notification", name: "greeting", payload });
 * assertEquals(new TextDecoder().decode(units[0]), "n008greeting00000002");
 * assertEquals(units[1], payload);
 * ```
 */
export function encode(
  message: Message,
  options: EncoderOptions = {},
): Uint8Array[] {
  checkOptionNames(options, { version: 1 });
  return ENCODERS[options.version ?? CURRENT_VERSION].encode(message);
}

/**
 * Returns the length of a message's header; throws if the message cannot be
 * written.
 */
function measure(
  message: Message,
  layout: Layout,
  version: ProtocolVersion,
): number {
  const { kind } = message;
  switch (kind) {
    case "SingleRequest":
    case "StreamRequest":
      checkRequestId(message.id, version, "encode", kind);
      checkPayload(message.payload, kind);
      return layout.length + nameLength(message.operation, kind, "operation");
    case "Notification":
      checkPayload(message.payload, kind);
      return layout.length + nameLength(message.name, kind, "name");
    case "Heartbeat":
      checkNumber(message.load, 0xffff, kind, "load");
      checkNumber(message.time, 0xffffffff, kind, "time");
      return layout.length;
    case "ProtocolError":
      checkNumber(message.code, 0xffffffff, kind, "code");
      return layout.length;
    case "RetryResult":
      checkNumber(message.wait, 0xffffffff, kind, "wait");
      // falls through
    case "StreamRequestPart":
    case "SingleResult":
    case "StreamResult":
    case "ErrorResult":
      checkRequestId(message.id, version, "encode", kind);
      checkPayload(message.payload, kind);
      return layout.length;
    // deno-coverage-ignore-start
    default:
      return kind satisfies never;
      // deno-coverage-ignore-stop
  }
}

/** Writes a header of a known length into a buffer that is large enough. */
function write(
  message: Message,
  layout: Layout,
  idLength: number,
  length: number,
  buffer: Uint8Array,
  at: number,
): void {
  buffer[at] = layout.letter;
  const field = at + 1;
  const nameLength = length - layout.length;
  switch (message.kind) {
    case "SingleRequest":
    case "StreamRequest":
      writeId(buffer, field, message.id, idLength);
      writeName(message.operation, nameLength, buffer, field + idLength);
      break;
    case "Notification":
      writeName(message.name, nameLength, buffer, field);
      break;
    case "Heartbeat":
      writeHex4(buffer, field, message.load);
      return writeHex8(buffer, field + 4, message.time);
    case "ProtocolError":
      return writeHex8(buffer, field, message.code);
    case "RetryResult":
      writeHex8(buffer, field + idLength, message.wait);
      // falls through
    case "StreamRequestPart":
    case "SingleResult":
    case "StreamResult":
    case "ErrorResult":
      writeId(buffer, field, message.id, idLength);
      break;
    // deno-coverage-ignore-start
    default:
      return message satisfies never;
      // deno-coverage-ignore-stop
  }
  writeHex8(buffer, at + length - 8, message.payload.byteLength);
}

/** Writes a name: UTF-8 exactly as given, or bytes (wire/text3, wire/text3-utf8). */
function writeName(
  name: Name,
  length: number,
  buffer: Uint8Array,
  at: number,
): void {
  writeHex3(buffer, at, length);
  const start = at + 3;
  if (typeof name !== "string") {
    buffer.set(name, start);
  } else if (length === name.length) {
    for (let index = 0; index < length; index++) {
      buffer[start + index] = name.charCodeAt(index);
    }
  } else {
    utf8.encodeInto(name, buffer.subarray(start, start + length));
  }
}

/** Returns whether a value is a `Uint8Array` of another realm. */
function isForeignArray(value: unknown): boolean {
  return ArrayBuffer.isView(value) &&
    (value as Uint8Array)[Symbol.toStringTag] === "Uint8Array";
}

/** Returns the length of a name in bytes; throws if it cannot be written. */
function nameLength(name: Name, kind: string, field: string): number {
  if (typeof name !== "string" && !(name instanceof Uint8Array)) {
    throw new TypeError(
      `Cannot encode ${kind}: ${field} is ${
        nameOfValue(name)
      }, wanted a string or a Uint8Array`,
    );
  }
  const length = typeof name === "string" ? utf8Length(name) : name.byteLength;
  if (length <= MAX_NAME_BYTES) return length;
  throw new LimitError(
    length === Infinity
      ? `Cannot encode ${kind}: ${field} is ${
        quoteName(name)
      }, wanted text without lone surrogates`
      : `Cannot encode ${kind}: ${field} is ${length} bytes, wanted at most ${MAX_NAME_BYTES}`,
    { code: field },
  );
}

/**
 * Returns the length of text in UTF-8; `Infinity` if it has a lone surrogate,
 * which UTF-8 cannot write.
 */
function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x80) continue;
    length += code < 0x800 ? 1 : 2;
    if (code < 0xd800 || code > 0xdfff) continue;
    const next = text.charCodeAt(++index);
    if (code > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return Infinity;
  }
  return length;
}

/** Refuses a payload that is no array of bytes: the header would announce one, and other bytes would follow. */
function checkPayload(payload: Uint8Array, kind: string): void {
  if (!(payload instanceof Uint8Array) && !isForeignArray(payload)) {
    throw new TypeError(
      `Cannot encode ${kind}: payload is ${
        nameOfValue(payload)
      }, wanted a Uint8Array`,
    );
  }
  checkNumber(payload.byteLength, 0xffffffff, kind, "payload");
}

function checkNumber(
  value: number,
  largest: number,
  kind: string,
  field: string,
): void {
  if (Number.isInteger(value) && value >= 0 && value <= largest) return;
  throw new LimitError(
    `Cannot encode ${kind}: ${field} is ${value}${
      field === "payload" ? " bytes" : ""
    }, wanted an integer from 0 to ${largest}`,
    { code: field },
  );
}
