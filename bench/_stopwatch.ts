/**
 * Time for work that goes on for so many seconds.
 *
 * @module
 */

/** Runs from its creation on. */
export class Stopwatch {
  /** Whether the time is not up. A field that a timer changes: asking for it costs nothing. */
  running = true;
  readonly #start = performance.now();

  /** Runs for so many seconds; by default for as long as it takes. */
  constructor(seconds?: number) {
    if (seconds === undefined) return;
    setTimeout(() => this.running = false, seconds * 1000);
  }

  /** How many of something there were per second. */
  rate(count: number): number {
    return count / (performance.now() - this.#start) * 1000;
  }
}
