/**
 * A deadline that is put off all the time.
 *
 * @module
 */

import type { Clock } from "../clock.ts";

/** A timer that fires so many milliseconds late says that this side was held up. */
const LATE = 1_000;

/**
 * Calls back when it was not put off in time.
 *
 * Putting it off only notes the new moment; the timer that runs is left alone and looks again when it
 * fires. So a deadline that every message puts off costs no timer for each of them. When this side was
 * held up, since the machine slept or the program was busy, the timer fires before what came meanwhile
 * is read; the deadline then looks once more before it has expired.
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #expired: () => void;
  #due = Infinity;
  #timer: unknown;
  /** The moment for which the timer is set. */
  #timerDue = Infinity;
  /** Whether it has looked once more. */
  #spared = false;

  constructor(clock: Clock, expired: () => void) {
    this.#clock = clock;
    this.#expired = expired;
  }

  /** Expects to be put off again within so many milliseconds; `Infinity` for never. */
  extend(delay: number): void {
    this.#due = this.#clock.now() + delay;
    this.#spared = false;
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
    const now = this.#clock.now();
    const late = now - this.#timerDue > LATE;
    this.#timerDue = Infinity;
    if (this.#due === Infinity) return;
    if (now < this.#due) return this.#schedule();
    if (late && !this.#spared) {
      this.#spared = true;
      this.#due = now + LATE;
      return this.#schedule();
    }
    this.#due = Infinity;
    this.#expired();
  }
}
