/**
 * Calls that take longer than most.
 *
 * @module
 */

import type { Clock } from "../peer/mod.ts";

/** A call that has begun. */
export interface BegunCall {
  /** When it began. */
  readonly began: number;
  /** Called once if it has not been answered after a while. */
  isLate(): void;
}

/** After this number of calls within the delay, others are to be expected. */
const MANY = 16;

/**
 * Finds the calls that have not been answered after `delay` milliseconds, with one
 * timer for all, which is set for the first of them. Among many calls it is left
 * alone between them: setting it takes as long as the rest of a small call; bench:
 * `http_calls.ts`.
 */
export class LateCalls {
  readonly #clock: Clock;
  readonly #delay: number;
  /** In the order in which they began. */
  readonly #calls = new Set<BegunCall>();
  #timer: unknown;
  /** Number of calls since the timer fired. */
  #added = 0;

  /** Finds calls by a clock. */
  constructor(clock: Clock, delay: number) {
    this.#clock = clock;
    this.#delay = delay;
  }

  /** Adds a call that has just begun. */
  add(call: BegunCall): void {
    this.#calls.add(call);
    if (this.#timer === undefined) this.#wait(this.#delay);
    this.#added++;
  }

  /** Removes a call that has been answered. */
  delete(call: BegunCall): void {
    this.#calls.delete(call);
    if (this.#calls.size === 0 && this.#added < MANY) this.stop();
  }

  /** Ends the timer: there are no calls, and will be none soon. */
  stop(): void {
    if (this.#timer === undefined) return;
    this.#clock.cancel(this.#timer);
    this.#timer = undefined;
  }

  #wait(delay: number): void {
    this.#timer = this.#clock.schedule(() => this.#look(), delay);
  }

  #look(): void {
    this.#timer = undefined;
    this.#added = 0;
    const now = this.#clock.now();
    for (const call of this.#calls) {
      const due = call.began + this.#delay;
      if (due > now) return this.#wait(due - now);
      this.#calls.delete(call);
      call.isLate();
    }
  }
}
