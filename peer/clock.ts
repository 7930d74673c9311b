/**
 * Time, as a peer sees it.
 *
 * @module
 */

import { type Timer, Timers } from "./_timers.ts";

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

const timers = new Timers({
  now: () => performance.now(),
  set: (callback, delay) => setTimeout(callback, delay) as unknown as number,
  clear: (id) => clearTimeout(id),
});

/** The clock of the machine. All that is scheduled shares one of its timers. */
export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  schedule: (callback, delay) => timers.schedule(callback, delay),
  cancel: (timer) => {
    if (timer !== undefined) timers.cancel(timer as Timer);
  },
};
