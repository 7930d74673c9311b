/**
 * Samples that a seed decides.
 *
 * @module
 */

/**
 * Returns `size` entries of a list, which the seed decides; all if there are fewer.
 *
 * Entries are chosen by their keys and not by their places: one that is added to the list, or leaves it,
 * changes one entry of the sample at most.
 *
 * @param keyOf What is different for each entry, and stays the same while the entry does.
 */
export function sample<T>(
  list: readonly T[],
  size: number,
  seed: number,
  keyOf: (entry: T) => string,
): T[] {
  return list
    .map((entry) => ({ entry, rank: rankOf(`${seed}:${keyOf(entry)}`) }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, size)
    .map(({ entry }) => entry);
}

/** A number that depends on every character of a text: FNV-1a, with the last step of MurmurHash3. */
function rankOf(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  value = Math.imul(value ^ value >>> 16, 0x85ebca6b);
  value = Math.imul(value ^ value >>> 13, 0xc2b2ae35);
  return (value ^ value >>> 16) >>> 0;
}
