/**
 * A piece of the data that waits in a stream to be read.
 *
 * @module
 */

/**
 * Bytes charged for each chunk in addition to its memory: an array, its buffer
 * and the record of both, as measured; test: `received_parts_test.ts`, "a
 * million tiny parts …".
 */
export const CHUNK_OVERHEAD = 512;

/** Bytes charged for each smaller part that shares a block, whose end is kept. */
export const PART_OVERHEAD = 16;

/** Queued data: one part, or several in a block. */
export interface Chunk {
  /** What holds them: all of it, or as much as has been filled. */
  memory: Uint8Array<ArrayBuffer>;
  /** The bytes that have not been read, in the memory. */
  start: number;
  end: number;
  /** The ends of small parts that share the memory and are delivered one by one. */
  readonly ends: number[] | undefined;
  /** Index of the first of them that may be ahead of what has been read. */
  next: number;
  /** Bytes charged for it. */
  cost: number;
}

/** The end of the first part of a chunk that has not been read; of all of them, if they are pieces of larger data. */
export function endOfFirst(chunk: Chunk): number {
  const { ends, start, end } = chunk;
  if (ends === undefined) return end;
  while (ends[chunk.next]! <= start) chunk.next++;
  return ends[chunk.next]!;
}
