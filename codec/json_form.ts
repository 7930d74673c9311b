/**
 * Messages as plain JSON values, for fixtures, traces and tools in any language.
 *
 * @module
 */

import { concat } from "@std/bytes";
import {
  HAS_CODE,
  HAS_ID,
  HAS_LOAD,
  HAS_NAME,
  HAS_SIZE,
  HAS_WAIT,
  LAYOUTS,
} from "./_layout.ts";
import type { Message, MessageKind } from "./message.ts";
import { decodeName, type Name } from "./name.ts";
import { requestId, requestIdBytes } from "./request_id.ts";
import { ValidationError } from "./validation_error.ts";
import type { ProtocolVersion } from "./version.ts";

/** A run of bytes, in the way that shows it best. */
export type ByteSegment =
  /** Printable ASCII, 0x20 to 0x7e. */
  | { readonly ascii: string }
  /** Pairs of hexadecimal digits, in lower case. */
  | { readonly hex: string };

/** Bytes as JSON: a string when all of them are printable ASCII, else runs of bytes. */
export type JsonBytes = string | readonly ByteSegment[];

/** A message as JSON: its kind, and the fields of that kind under the names that `Message` gives them. */
export interface JsonMessage {
  /** The kind of message. */
  readonly kind: MessageKind;
  /** The bytes of the request ID. */
  readonly id?: JsonBytes;
  /** The operation of a request. */
  readonly operation?: JsonBytes;
  /** The name of a notification. */
  readonly name?: JsonBytes;
  /** The wait of a RetryResult, in milliseconds. */
  readonly wait?: number;
  /** The load of a Heartbeat. */
  readonly load?: number;
  /** The time of a Heartbeat, in seconds since 1970-01-01 UTC. */
  readonly time?: number;
  /** The code of a ProtocolError. */
  readonly code?: number;
  /** The payload. */
  readonly payload?: JsonBytes;
}

/** How messages are turned into JSON and back. */
export interface JsonFormOptions {
  /** The version of the protocol, which decides the length of request IDs; `"01"` by default. */
  readonly version?: ProtocolVersion;
}

/** A shorter run of printable characters among other bytes is more likely chance than text. */
const SHORTEST_ASCII = 4;

const utf8 = new TextEncoder();
const ascii = new TextDecoder();

/**
 * Bytes as JSON, readable where they are text and exact everywhere.
 *
 * @example
 * ```ts
 * import { bytesToJson } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(bytesToJson(new TextEncoder().encode("hello")), "hello");
 * assertEquals(bytesToJson(new TextEncoder().encode("hello\r\n")), [
 *   { ascii: "hello" },
 *   { hex: "0d0a" },
 * ]);
 * ```
 */
export function bytesToJson(bytes: Uint8Array): JsonBytes {
  if (printableEnd(bytes, 0) === bytes.byteLength) return ascii.decode(bytes);
  const segments: ByteSegment[] = [];
  let written = 0;
  let at = 0;
  while (at < bytes.byteLength) {
    const end = printableEnd(bytes, at);
    if (end - at < SHORTEST_ASCII) {
      at = end + 1;
      continue;
    }
    if (written < at) segments.push({ hex: hex(bytes.subarray(written, at)) });
    segments.push({ ascii: ascii.decode(bytes.subarray(at, end)) });
    at = written = end;
  }
  if (written < at) segments.push({ hex: hex(bytes.subarray(written)) });
  return segments;
}

/**
 * The bytes that {@linkcode bytesToJson} made JSON of.
 *
 * @throws {ValidationError} when the value is no such JSON.
 */
export function bytesFromJson(json: unknown): Uint8Array<ArrayBuffer> {
  if (typeof json === "string") return asciiBytes(json);
  if (!Array.isArray(json)) {
    throw invalid("bytes", json, "a string or an array of segments");
  }
  return concat(json.map(segmentBytes));
}

/**
 * A message as a plain JSON value; {@linkcode messageFromJson} makes the same message of it again.
 *
 * @example
 * ```ts
 * import { messageToJson, requestId } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const payload = Uint8Array.of(0, 0xff);
 * assertEquals(messageToJson({ kind: "SingleResult", id: requestId("0001"), payload }), {
 *   kind: "SingleResult",
 *   id: "0001",
 *   payload: [{ hex: "00ff" }],
 * });
 * ```
 */
export function messageToJson(
  message: Message,
  options: JsonFormOptions = {},
): JsonMessage {
  const json: Record<string, unknown> = { ...message };
  if ("id" in message) {
    json.id = bytesToJson(requestIdBytes(message.id, options.version));
  }
  if ("operation" in message) json.operation = nameToJson(message.operation);
  if ("name" in message) json.name = nameToJson(message.name);
  if ("payload" in message) json.payload = bytesToJson(message.payload);
  return json as unknown as JsonMessage;
}

/**
 * The message that a JSON value describes.
 *
 * @throws {ValidationError} when the value describes none: a field is missing, unknown or malformed.
 * @throws {LimitError} when the request ID has not the length that the version asks for.
 */
export function messageFromJson(
  json: unknown,
  options: JsonFormOptions = {},
): Message {
  const version = options.version ?? "01";
  const fields = { ...(json as Record<string, unknown>) };
  const layout = LAYOUTS[version].byKind.get(fields.kind as MessageKind);
  if (layout === undefined) {
    throw invalid("kind", fields.kind, "the name of a kind of message");
  }
  const has = (field: number) => (layout.fields & field) !== 0;
  const wanted = new Set([
    "kind",
    ...has(HAS_ID) ? ["id"] : [],
    ...has(HAS_NAME) ? [nameField(layout.kind)] : [],
    ...has(HAS_WAIT) ? ["wait"] : [],
    ...has(HAS_SIZE) ? ["payload"] : [],
    ...has(HAS_LOAD) ? ["load", "time"] : [],
    ...has(HAS_CODE) ? ["code"] : [],
  ]);
  for (
    const field of wanted.symmetricDifference(new Set(Object.keys(fields)))
  ) {
    throw invalid(
      field,
      fields[field],
      wanted.has(field) ? "a value" : `no such field`,
    );
  }
  for (const field of ["wait", "load", "time", "code"]) {
    if (wanted.has(field) && typeof fields[field] !== "number") {
      throw invalid(field, fields[field], "a number");
    }
  }
  if (has(HAS_ID)) fields.id = requestId(bytesFromJson(fields.id), version);
  if (has(HAS_NAME)) {
    const field = nameField(layout.kind);
    fields[field] = decodeName(bytesFromJson(fields[field]));
  }
  if (has(HAS_SIZE)) fields.payload = bytesFromJson(fields.payload);
  return fields as unknown as Message;
}

function nameField(kind: MessageKind): "name" | "operation" {
  return kind === "Notification" ? "name" : "operation";
}

function nameToJson(name: Name): JsonBytes {
  return bytesToJson(typeof name === "string" ? utf8.encode(name) : name);
}

function segmentBytes(segment: unknown): Uint8Array<ArrayBuffer> {
  const { ascii, hex } = { ...(segment as Record<string, unknown>) };
  if (typeof ascii === "string" && hex === undefined) return asciiBytes(ascii);
  if (
    typeof hex === "string" && ascii === undefined &&
    hex.length % 2 === 0 && !/[^0-9a-f]/.test(hex)
  ) {
    return Uint8Array.from(
      hex.match(/../g) ?? [],
      (pair) => parseInt(pair, 16),
    );
  }
  throw invalid(
    "segment",
    segment,
    '{"ascii": text} or {"hex": pairs of lower-case digits}',
  );
}

function asciiBytes(text: string): Uint8Array<ArrayBuffer> {
  if (/[^\x20-\x7e]/.test(text)) {
    throw invalid("text", text, "printable ASCII");
  }
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function hex(bytes: Uint8Array): string {
  let digits = "";
  for (const byte of bytes) digits += byte.toString(16).padStart(2, "0");
  return digits;
}

/** Where the run of printable ASCII ends that begins at a byte. */
function printableEnd(bytes: Uint8Array, at: number): number {
  while (at < bytes.byteLength && bytes[at]! >= 0x20 && bytes[at]! <= 0x7e) {
    at++;
  }
  return at;
}

function invalid(
  field: string,
  value: unknown,
  wanted: string,
): ValidationError {
  return new ValidationError(
    `Cannot read a message from JSON: ${field} is ${
      JSON.stringify(value)
    }, wanted ${wanted}`,
    { code: "schema", side: "local" },
  );
}
