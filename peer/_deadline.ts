/**
 * A deadline that is put off all the time.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/**
 * Calls back when it was not put off in time.
 *
 * Putting it off only notes the new moment; the timer that runs is left alone and looks again when it
 * fires. So a deadline that every message puts off costs no timer for each of them, and one that fires
 * late, after the machine slept, is not taken for an expired one before it was looked at again.
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #expired: () => void;
  #due = Infinity;
  #timer: unknown;
  /** The moment for which the timer is set. */
  #timerDue = Infinity;

  constructor(clock: Clock, expired: () => void) {
    this.#clock = clock;
    this.#expired = expired;
  }

  /** Expects to be put off again within so many milliseconds; `Infinity` for never. */
  extend(delay: number): void {
    this.#due = this.#clock.now() + delay;
    if (this.#due >= this.#timerDue || delay === Infinity) return;
    this.#clock.cancel(this.#timer);
    this.#schedule();
  }

  /** Expects nothing until it is extended again. */
  suspend(): void {
    this.#due = Infinity;
  }

  /** Ends the timer. */
  clear(): void {
    this.#due = Infinity;
    this.#timerDue = Infinity;
    this.#clock.cancel(this.#timer);
  }

  #schedule(): void {
    this.#timerDue = this.#due;
    this.#timer = this.#clock.schedule(
      () => this.#fire(),
      Math.max(0, this.#due - this.#clock.now()),
    );
  }

  #fire(): void {
    this.#timerDue = Infinity;
    if (this.#due === Infinity) return;
    if (this.#clock.now() < this.#due) return this.#schedule();
    this.#due = Infinity;
    this.#expired();
  }
}
