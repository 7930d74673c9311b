/**
 * The parts that a stream is sent in.
 *
 * @module
 */

import { BY_REFERENCE } from "../../transport/write_units.ts";

/** How many parts a stream puts before the messages of others; more wait for their turn. */
export const PARTS_AHEAD = 4;

/**
 * A part of a chunk that can still wait to be written when the chunk is its owner's again: the batch of
 * writes copies what is small, and refers to what is not.
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
