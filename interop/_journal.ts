/**
 * What happened so far, for tests that wait until something has.
 *
 * @module
 */

/** A list that grows, and tells those who wait for a certain item. */
export class Journal<T> {
  readonly #items: T[] = [];
  /** Those who look again when there is another item. */
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

  /** The first item that is wanted, once it is there; or the one after so many others. */
  async find(isWanted: (item: T) => boolean, skip = 0): Promise<T> {
    const found = this.#items.filter(isWanted)[skip];
    if (found !== undefined) return found;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    await promise;
    return await this.find(isWanted, skip);
  }
}
