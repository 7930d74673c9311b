/**
 * A source of time of the application that may fail.
 * Internal to the package.
 *
 * @module
 */

import { describeValue } from "../quoting/value.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type HookFailures, lookAfter } from "./hooks.ts";
import { isThenable } from "./thenable.ts";

/** A timer in place of one that the application failed to schedule, or schedules later. */
class Substitute {
  clock: Clock = systemClock;
  timer: unknown;
  cancelled = false;
}

/**
 * Returns a clock that never fails: where the application's does, the system
 * clock takes its place, and the failure goes to `failures`.
 */
export function guardedClock(
  clock: Clock | undefined,
  failures: HookFailures,
): Clock {
  return clock === undefined || clock === systemClock
    ? systemClock
    : new GuardedClock(clock, failures);
}

class GuardedClock implements Clock {
  readonly #clock: Clock;
  readonly #failures: HookFailures;
  #now = 0;

  constructor(clock: Clock, failures: HookFailures) {
    this.#clock = clock;
    this.#failures = failures;
  }

  now(): number {
    // Time that the system clock reports would not go with earlier times.
    const now = this.#number(() => this.#clock.now(), this.#now);
    return this.#now = Math.max(now, this.#now);
  }

  date(): number {
    return this.#number(() => this.#clock.date(), Date.now());
  }

  schedule(callback: () => void, delay: number): unknown {
    const substitute = (timer: Substitute, error: unknown) => {
      this.#failures.hookFailed("clock", error);
      if (timer.cancelled) return;
      timer.timer = systemClock.schedule(callback, delay);
    };
    try {
      const timer = this.#clock.schedule(callback, delay);
      if (!isThenable(timer)) return timer;
      const awaited = new Substitute();
      new Promise((resolve) => resolve(timer)).then((timer) => {
        awaited.clock = this.#clock;
        awaited.timer = timer;
        if (awaited.cancelled) this.cancel(timer);
      }, (error) => substitute(awaited, error));
      return awaited;
    } catch (error) {
      const timer = new Substitute();
      substitute(timer, error);
      return timer;
    }
  }

  cancel(timer: unknown): void {
    if (timer instanceof Substitute) {
      timer.cancelled = true;
      if (timer.clock === systemClock) return systemClock.cancel(timer.timer);
      timer = timer.timer;
    }
    try {
      lookAfter("clock", this.#failures, this.#clock.cancel(timer));
    } catch (error) {
      this.#failures.hookFailed("clock", error);
    }
  }

  #number(read: () => number, otherwise: number): number {
    try {
      const value: unknown = read();
      if (typeof value === "number" && !isNaN(value)) return value;
      lookAfter("clock", this.#failures, value);
      throw new TypeError(
        `Cannot use clock: got ${describeValue(value)}, wanted a number`,
      );
    } catch (error) {
      this.#failures.hookFailed("clock", error);
      return otherwise;
    }
  }
}
