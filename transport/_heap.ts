/**
 * A queue whose lowest item is next.
 *
 * @module
 */

/** An item with its place among those of equal rank. */
interface Entry<T> {
  readonly rank: number;
  /** Which of the additions it was. */
  readonly order: number;
  readonly item: T;
}

/**
 * Items by rank, as a binary heap: adding and taking one costs steps in
 * proportion to the logarithm of their number.
 */
export class Heap<T> {
  readonly #entries: Entry<T>[] = [];
  #added = 0;

  /** The number of items. */
  get size(): number {
    return this.#entries.length;
  }

  /** Adds an item. */
  add(rank: number, item: T): void {
    const entries = this.#entries;
    const entry = { rank, order: this.#added++, item };
    let at = entries.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, entries[parent]!)) break;
      entries[at] = entries[parent]!;
      at = parent;
    }
    entries[at] = entry;
  }

  /**
   * Removes and returns the item of the lowest rank, of several the one that was
   * added first; `undefined` if there is none.
   */
  take(): { readonly rank: number; readonly item: T } | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (last === undefined || entries.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= entries.length) break;
      const right = child + 1;
      if (
        right < entries.length && isBefore(entries[right]!, entries[child]!)
      ) child = right;
      if (!isBefore(entries[child]!, last)) break;
      entries[at] = entries[child]!;
      at = child;
    }
    entries[at] = last;
    return first;
  }
}

function isBefore(a: Entry<unknown>, b: Entry<unknown>): boolean {
  return a.rank < b.rank || !(b.rank < a.rank) && a.order < b.order;
}
