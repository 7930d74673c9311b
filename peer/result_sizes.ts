/**
 * The sizes of results to be expected.
 * Internal to the package.
 *
 * @module
 */

/** Results below this size, in bytes, are not worth expecting. */
export const SMALLEST_RESULT: number = 16 * 1024;

/** Weight of the last result in the mean. */
const WEIGHT = 1 / 8;

/** Number of operations that are remembered, the latest ones: a handler of all operations sees any name. */
const MAX_OPERATIONS = 16;

/**
 * The mean size of the results of each operation on one connection.
 *
 * Many requests fit into few bytes, and all their handlers have started before
 * the first result is there. What they will hold is therefore charged when they
 * start.
 */
export class ResultSizes {
  /** The latest operation is the last. */
  readonly #means = new Map<string, number>();

  /** The size to be expected of a result, in bytes; 0 if it is small or unknown. */
  expected(operation: string): number {
    return this.#means.get(operation) ?? 0;
  }

  /** Records the size of a result. */
  record(operation: string, bytes: number): void {
    const means = this.#means;
    const mean = means.get(operation);
    if (mean === undefined && bytes < SMALLEST_RESULT) return;
    means.delete(operation);
    const next = mean === undefined
      ? bytes
      : Math.round(mean + (bytes - mean) * WEIGHT);
    if (next < SMALLEST_RESULT) return;
    if (means.size === MAX_OPERATIONS) {
      const [oldest] = means.keys();
      means.delete(oldest!);
    }
    means.set(operation, next);
  }
}
