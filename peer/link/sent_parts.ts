/**
 * How the data of a stream is cut into parts.
 *
 * @module
 */

import { BY_REFERENCE } from "../../transport/write_units.ts";

/** The payload that ends a stream or an answer (stream/end-marker, stream/answer-end). */
export const END_MARKER: Uint8Array<ArrayBuffer> = new Uint8Array(0);

/**
 * The number of parts that one stream may have in the write queue. More would
 * delay the messages of others, fewer would slow the stream down; bench:
 * `beside-stream`, `upload`.
 */
export const PARTS_AHEAD = 4;

/**
 * Returns a part of a chunk that may be queued after the chunk has been returned
 * to its owner: a write batch copies small payloads and references large ones.
 */
export function partOf(
  chunk: Uint8Array,
  at: number,
  length: number,
): Uint8Array {
  return length < BY_REFERENCE
    ? chunk.subarray(at, at + length)
    : new Uint8Array(chunk.subarray(at, at + length));
}
