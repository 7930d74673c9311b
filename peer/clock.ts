/**
 * The source of time of a peer.
 *
 * @module
 */

import { type Timer, Timers } from "./_timers.ts";

/**
 * The source of time of a peer. Tests pass a virtual one, so that hours take
 * no time.
 */
export interface Clock {
  /** Returns the milliseconds since a fixed moment; never decreases. */
  now(): number;
  /** Returns the milliseconds since 1970-01-01 UTC. */
  date(): number;
  /** Schedules one call of `callback` after `delay` milliseconds; returns a timer for {@linkcode cancel}. */
  schedule(callback: () => void, delay: number): unknown;
  /** Cancels a scheduled callback. Does nothing if it has run, or for `undefined`. */
  cancel(timer: unknown): void;
}

const timers = new Timers({
  now: () => performance.now(),
  set: (callback, delay) => setTimeout(callback, delay) as unknown as number,
  clear: (id) => clearTimeout(id),
});

/** The system clock. All scheduled callbacks share one system timer. */
export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  schedule: (callback, delay) => timers.schedule(callback, delay),
  cancel: (timer) => {
    if (timer !== undefined) timers.cancel(timer as Timer);
  },
};
