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

/** Does something again and again until the time is up, and returns how long each took, in microseconds. */
export async function durations(
  seconds: number,
  once: () => Promise<unknown>,
): Promise<number[]> {
  const stopwatch = new Stopwatch(seconds);
  const found: number[] = [];
  while (stopwatch.running) {
    const start = performance.now();
    await once();
    found.push((performance.now() - start) * 1000);
  }
  return found;
}
