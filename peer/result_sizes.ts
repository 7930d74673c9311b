/**
 * The sizes of results to be expected.
 * Internal to the package.
 *
 * @module
 */

/** Results below this size, in bytes, are not worth expecting. */
const SMALLEST = 16 * 1024;

/** Weight of the last result in the mean. */
const WEIGHT = 1 / 8;

/** Number of operations that are remembered: a handler of all operations sees any name. */
const MAX_OPERATIONS = 1024;

/**
 * The mean size of the results of each operation.
 *
 * Many requests fit into few bytes, and all their handlers have started before
 * the first result is there. What they will hold is therefore charged when they
 * start.
 */
export class ResultSizes {
  readonly #means = new Map<string, number>();

  /** The size to be expected of a result, in bytes; 0 if it is small or unknown. */
  expected(operation: string): number {
    return this.#means.get(operation) ?? 0;
  }

  /** Records the size of a result. */
  record(operation: string, bytes: number): void {
    const mean = this.#means.get(operation);
    if (mean === undefined) {
      if (bytes < SMALLEST || this.#means.size >= MAX_OPERATIONS) return;
      this.#means.set(operation, bytes);
      return;
    }
    const next = Math.round(mean + (bytes - mean) * WEIGHT);
    if (next < SMALLEST) this.#means.delete(operation);
    else this.#means.set(operation, next);
  }
}
