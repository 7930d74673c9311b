/**
 * Samples that a seed decides.
 *
 * @module
 */

/** Returns `size` entries of a list, which the seed decides; all if there are fewer. */
export function sample<T>(
  list: readonly T[],
  size: number,
  seed: number,
): T[] {
  const left = [...list];
  const random = generator(seed);
  const chosen: T[] = [];
  while (chosen.length < size && left.length > 0) {
    const at = Math.floor(random() * left.length);
    chosen.push(left[at]!);
    left[at] = left[left.length - 1]!;
    left.pop();
  }
  return chosen;
}

/** A generator of numbers from 0 up to 1 (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
