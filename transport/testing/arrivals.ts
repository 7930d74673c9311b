/**
 * The ways in which the bytes of a connection arrive.
 *
 * @module
 */

/** The most bytes that also arrive one by one. */
const MOST_BYTEWISE = 20_000;

/** A way in which the bytes arrive. */
export interface Arrival {
  /** The way in a few words. */
  readonly how: string;
  /** The bytes that arrive with the handshake. */
  readonly rest: Uint8Array;
  /** The bytes after it, as the connection returns them. */
  readonly chunks: readonly Uint8Array[];
}

/**
 * Returns the ways in which bytes arrive: at once, with the handshake, one by
 * one, and in pieces of random sizes, the same ones in every run.
 */
export function* arrivals(bytes: Uint8Array): Generator<Arrival> {
  const rest = new Uint8Array();
  yield { how: "in one chunk", rest, chunks: [bytes] };
  yield { how: "with the handshake", rest: bytes, chunks: [] };
  if (bytes.length <= MOST_BYTEWISE) {
    yield { how: "byte by byte", rest, chunks: chopped(bytes, () => 1) };
  }
  for (let seed = 1; seed <= 3; seed++) {
    const random = randomBelow(seed);
    // Few large pieces at first, then many small ones.
    const most = Math.max(2, Math.ceil(bytes.length / 5 ** seed), seed * 4);
    const chunks = chopped(bytes, () => 1 + random(most));
    yield { how: `chopped with seed ${seed}`, rest, chunks };
  }
}

function chopped(bytes: Uint8Array, size: () => number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    chunks.push(bytes.subarray(at, at += size()));
  }
  return chunks;
}

/** A small generator of reproducible numbers (a linear congruence). */
function randomBelow(seed: number): (limit: number) => number {
  let state = seed * 0x9e3779b1 >>> 0;
  return (limit) => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return Math.floor(state / 2 ** 32 * limit);
  };
}
