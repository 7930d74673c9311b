/**
 * Records what happens, for tests that wait for an event.
 *
 * @module
 */

/** A list that grows, on whose items tests can wait. */
export class Journal<T> {
  readonly #items: T[] = [];
  /** The waits, which check again after each new item. */
  readonly #waiting: (() => void)[] = [];

  /** All items so far. */
  get items(): readonly T[] {
    return this.#items;
  }

  /** Adds an item. */
  readonly add = (item: T): void => {
    this.#items.push(item);
    for (const look of this.#waiting.splice(0)) look();
  };

  /** Waits for the first item that is wanted, or for the one after `skip` others. */
  async find(isWanted: (item: T) => boolean, skip = 0): Promise<T> {
    const found = this.#items.filter(isWanted)[skip];
    if (found !== undefined) return found;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    await promise;
    return await this.find(isWanted, skip);
  }
}
