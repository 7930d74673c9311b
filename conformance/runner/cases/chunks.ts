/**
 * Cuts bytes into chunks in different ways.
 *
 * @module
 */

/** The name of a way to cut bytes. */
export type ChunkName =
  | "whole"
  | "bytewise"
  | `split@${number}`
  | "by3"
  | "by7"
  | "with-empties"
  | "glued"
  | "random#1";

/** Above this number of bytes, only some of the ways are used. */
const MANY_BYTES = 4096;

/** The last offset near the beginning at which bytes are split in two. */
const LAST_EARLY_SPLIT = 40;

/** Returns the ways to cut `size` bytes. */
export function chunkNames(size: number): ChunkName[] {
  const splits = splitPoints(size).map((at) => `split@${at}` as const);
  return size > MANY_BYTES ? ["whole", ...splits, "glued", "random#1"] : [
    "whole",
    "bytewise",
    ...splits,
    "by3",
    "by7",
    "with-empties",
    "glued",
    "random#1",
  ];
}

function splitPoints(size: number): number[] {
  const points = Array.from({ length: LAST_EARLY_SPLIT }, (_, at) => at + 1);
  points.push(Math.floor(size / 2), size - 1);
  return [...new Set(points)].filter((at) => 0 < at && at < size)
    .sort((a, b) => a - b);
}

/** Returns the sizes of the chunks into which a way cuts `size` bytes. */
export function chunkSizes(chunk: ChunkName, size: number): number[] {
  switch (chunk) {
    case "whole":
    case "glued":
      return [size];
    case "bytewise":
      return pieces(size, () => 1);
    case "by3":
      return pieces(size, () => 3);
    case "by7":
      return pieces(size, () => 7);
    case "with-empties":
      return [...pieces(size, () => 5).flatMap((piece) => [0, piece]), 0];
    case "random#1":
      return pieces(size, randomSizes(size > MANY_BYTES ? 65521 : 17));
    default: {
      const at = Number(chunk.slice("split@".length));
      return [at, size - at];
    }
  }
}

/** Cuts bytes into chunks, which are views of them. */
export function cut(
  bytes: Uint8Array<ArrayBuffer>,
  chunk: ChunkName,
): Uint8Array<ArrayBuffer>[] {
  let at = 0;
  return chunkSizes(chunk, bytes.length)
    .map((size) => bytes.subarray(at, at += size));
}

function pieces(size: number, next: () => number): number[] {
  const sizes: number[] = [];
  for (let rest = size; rest > 0; rest -= sizes.at(-1)!) {
    sizes.push(Math.min(rest, next()));
  }
  return sizes;
}

/** Returns a generator of sizes from 1 to a bound that is easy to write in any language. */
function randomSizes(bound: number): () => number {
  let x = 1;
  return () => {
    x = (Math.imul(1664525, x) + 1013904223) >>> 0;
    return 1 + (x >>> 16) % bound;
  };
}
