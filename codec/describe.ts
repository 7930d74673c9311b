/**
 * Descriptions of messages, one line each.
 *
 * @module
 */

import { checkOptionNames } from "../quoting/option_names.ts";
import { KINDS } from "./_layout.ts";
import { extensionWords } from "./extensions/extension_words.ts";
import { escapeBytes, quoteBytes } from "../quoting/quote.ts";
import type { Message, MessageField, MessageFields } from "./message.ts";
import { quoteName } from "./name.ts";
import { ProtocolErrorCode } from "./protocol_error.ts";
import { requestIdBytes } from "./request_id.ts";
import { CURRENT_VERSION, type ProtocolVersion } from "./version.ts";

/** Options of {@linkcode describe}. */
export interface DescribeOptions {
  /**
   * The version of the protocol, which decides the length of request IDs;
   * {@linkcode CURRENT_VERSION} by default.
   */
  readonly version?: ProtocolVersion;
  /** The number of payload bytes shown; 64 by default, 0 for none. */
  readonly maxPayloadBytes?: number;
}

type Code = typeof ProtocolErrorCode[keyof typeof ProtocolErrorCode];

const CODES: Readonly<Record<number, string>> = {
  [ProtocolErrorCode.abnormal]: "abnormal",
  [ProtocolErrorCode.unsupportedVersion]: "unsupported version",
  [ProtocolErrorCode.invalidMessage]: "invalid message",
  [ProtocolErrorCode.timeout]: "timeout",
} satisfies Record<Code, string>;

/** Says which ProtocolError was received and what it means. Internal to the package. */
export function describeReceived(code: number): string {
  // Servers refuse connections with code 0, which has no other meaning.
  const hint = code === ProtocolErrorCode.abnormal
    ? "; it may have refused the connection"
    : "";
  return `the remote peer reported code ${code} (${describeCode(code)})${hint}`;
}

function describeCode(code: number): string {
  return CODES[code] ?? "unknown";
}

/**
 * Returns a one-line description of a message.
 *
 * It is safe to print for any message: controls, format characters and bytes
 * that are not UTF-8 are escaped. A long payload is cut, which an ellipsis marks.
 * The payloads of extensions are taken apart.
 *
 * @example
 * ```ts
 * import { describe, requestId } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   describe({
 *     kind: "RetryResult",
 *     id: requestId("0001"),
 *     wait: 300,
 *     payload: new TextEncoder().encode("busy\n"),
 *   }),
 *   'RetryResult 0001 wait 300 ms 5 bytes "busy\\x0a"',
 * );
 * assertEquals(describe({ kind: "ProtocolError", code: 2 }), "ProtocolError code 2 (invalid message)");
 * ```
 */
export function describe(
  message: Message,
  options: DescribeOptions = {},
): string {
  checkOptionNames(options, { maxPayloadBytes: 1, version: 1 });
  const words: string[] = [message.kind];
  for (const field of KINDS[message.kind].fields) {
    words.push(show(field, message as unknown as MessageFields, options));
  }
  return words.join(" ");
}

function show(
  field: MessageField,
  message: MessageFields,
  { version = CURRENT_VERSION, maxPayloadBytes = 64 }: DescribeOptions,
): string {
  switch (field) {
    case "id":
      return escapeBytes(requestIdBytes(message.id, version));
    case "operation":
    case "name":
      return quoteName(message[field]);
    case "wait":
      return `wait ${message.wait} ms`;
    case "load":
      return `load ${message.load}`;
    case "time":
      return `time ${isoTime(message.time)}`;
    case "code":
      return `code ${message.code} (${describeCode(message.code)})`;
    case "payload": {
      const shown = (bytes: Uint8Array) => payload(bytes, maxPayloadBytes);
      // Only notifications have a name.
      return extensionWords(message.name, message.payload, shown) ??
        shown(message.payload);
    }
    // deno-coverage-ignore-start
    default:
      return field satisfies never;
      // deno-coverage-ignore-stop
  }
}

function payload(bytes: Uint8Array, max: number): string {
  const size = `${bytes.byteLength} ${
    bytes.byteLength === 1 ? "byte" : "bytes"
  }`;
  if (bytes.byteLength === 0 || max === 0) return size;
  if (bytes.byteLength <= max) return `${size} ${quoteBytes(bytes)}`;
  return `${size} ${
    quoteBytes(bytes.subarray(0, characterStart(bytes, max)))
  }…`;
}

/** Returns the last place at or before a byte at which a UTF-8 character can begin. */
function characterStart(bytes: Uint8Array, at: number): number {
  let start = at;
  while (start > at - 3 && start > 0 && (bytes[start]! & 0xc0) === 0x80) {
    start--;
  }
  return start;
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
