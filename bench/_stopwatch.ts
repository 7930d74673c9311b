/**
 * Limits and measures the duration of work.
 *
 * @module
 */

/** A stopwatch that starts when it is created. */
export class Stopwatch {
  /**
   * Whether time is left. A timer updates this field, so reading it in a hot
   * loop costs nothing.
   */
  running = true;
  readonly #start = performance.now();

  /**
   * Starts the stopwatch; it runs for `seconds` seconds, by default without
   * limit.
   */
  constructor(seconds?: number) {
    if (seconds === undefined) return;
    setTimeout(() => this.running = false, seconds * 1000);
  }

  /** Returns the rate of `count` events since the start, per second. */
  rate(count: number): number {
    return count / (performance.now() - this.#start) * 1000;
  }
}
