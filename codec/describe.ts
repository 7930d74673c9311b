/**
 * Messages as one line for humans.
 *
 * @module
 */

import { escapeBytes, quoteBytes } from "./_quote.ts";
import type { Message } from "./message.ts";
import { quoteName } from "./name.ts";
import { requestIdBytes } from "./request_id.ts";
import type { ProtocolVersion } from "./version.ts";

/** How a message is described. */
export interface DescribeOptions {
  /** The version of the protocol, which decides the length of request IDs; `"01"` by default. */
  readonly version?: ProtocolVersion;
  /** How many bytes of a payload are shown at the most; 64 by default, 0 for none. */
  readonly maxPayloadBytes?: number;
}

const CODES: readonly string[] = [
  "abnormal",
  "unsupported version",
  "invalid message",
  "timeout",
];

/**
 * One line that says what a message is.
 *
 * Safe to print whatever the message holds: controls, format characters and bytes that are not UTF-8
 * are escaped, and a long payload is cut, which an ellipsis behind it shows.
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
  const words: string[] = [message.kind];
  if ("id" in message) {
    words.push(escapeBytes(requestIdBytes(message.id, options.version)));
  }
  switch (message.kind) {
    case "SingleRequest":
    case "StreamRequest":
      words.push(quoteName(message.operation));
      break;
    case "Notification":
      words.push(quoteName(message.name));
      break;
    case "RetryResult":
      words.push(`wait ${message.wait} ms`);
      break;
    case "Heartbeat":
      words.push(`load ${message.load} time ${isoTime(message.time)}`);
      break;
    case "ProtocolError":
      words.push(`code ${message.code} (${CODES[message.code] ?? "unknown"})`);
  }
  if ("payload" in message) {
    words.push(payload(message.payload, options.maxPayloadBytes ?? 64));
  }
  return words.join(" ");
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

/** The last place at or before a byte where a UTF-8 character can begin, so that a cut splits none. */
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
