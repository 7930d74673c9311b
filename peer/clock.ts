/**
 * Time, as a peer sees it.
 *
 * @module
 */

/**
 * Where a peer gets the time from, and has itself woken.
 *
 * Tests pass a clock of their own, and hours go by in no time.
 */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number;
  /** Milliseconds since 1970-01-01 UTC. */
  date(): number;
  /** Calls back once, after so many milliseconds; returns what {@linkcode cancel} takes. */
  schedule(callback: () => void, delay: number): unknown;
  /** Makes sure that a callback that was scheduled is not called any more. */
  cancel(timer: unknown): void;
}

/** The longest delay that a timer of the machine can hold, about 25 days; it takes a longer one for none at all. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** The clock of the machine. A delay beyond 25 days is cut to that. */
export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  schedule: (callback, delay) =>
    setTimeout(callback, Math.min(delay, LONGEST_DELAY)),
  cancel: (timer) => clearTimeout(timer as number),
};
