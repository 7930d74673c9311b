/**
 * The payloads of extensions, with request IDs as a page has them.
 *
 * @module
 */

import { quoteBytes } from "../quoting/quote.ts";
import { fromLatin1, hex, join, latin1 } from "./_wire.ts";

/** The most bytes of a reason that are read, and a length whose bytes are no more. */
const REASON = { bytes: 256, characters: 85 } as const;

/** Data of a stream: that of the request, or of the answer. */
export type Direction = "p" | "S";

/** Returns the payload of a credit: how many bytes since the start may be sent (extension/credit). */
export function encodeCredit(
  direction: Direction,
  id: string,
  offset: number,
): Uint8Array<ArrayBuffer> {
  return fromLatin1(direction + id + hex(offset, 16));
}

/** Returns the direction, the ID and the offset of a credit; nothing if it is malformed. */
export function decodeCredit(
  payload: Uint8Array,
): readonly [direction: string, id: string, offset: number] | undefined {
  const [, direction, id, offset] =
    /^([pS])([^]{4})([\da-fA-F]{16})$/.exec(latin1(payload.subarray(0, 22))) ??
      [];
  return direction === undefined ? undefined : [
    direction,
    id!,
    Math.min(parseInt(offset!, 16), Number.MAX_SAFE_INTEGER),
  ];
}

/** Returns the payload with a reason, behind a request ID or nothing (extension/cancel, extension/drain). */
export function encodeReason(
  id: string,
  reason: string,
): Uint8Array<ArrayBuffer> {
  const short = reason.slice(0, REASON.characters);
  return join([fromLatin1(id), new TextEncoder().encode(short)]);
}

/** Returns the reason that bytes are, as it follows a message; nothing for none. */
export function readReason(bytes: Uint8Array): string {
  return bytes.byteLength > 0
    ? `: ${quoteBytes(bytes.subarray(0, REASON.bytes))}`
    : "";
}
