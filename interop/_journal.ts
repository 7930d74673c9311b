/**
 * Records items, such as events, for tests that wait for them.
 *
 * @module
 */

/** A growing list of items for which tests can wait. */
export class Journal<T> {
  readonly #items: T[] = [];
  /** The pending waits, which check again after each new item. */
  readonly #waiting: (() => void)[] = [];

  /** All items so far. */
  get items(): readonly T[] {
    return this.#items;
  }

  /** Adds an item. */
  readonly add = (item: T): void => {
    this.#items.push(item);
    for (const check of this.#waiting.splice(0)) check();
  };

  /**
   * Waits for an item that `isWanted` accepts, and returns the first of these
   * after `skip` others.
   */
  async find(isWanted: (item: T) => boolean, skip = 0): Promise<T> {
    const found = this.#items.filter(isWanted)[skip];
    if (found !== undefined) return found;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    await promise;
    return await this.find(isWanted, skip);
  }
}
