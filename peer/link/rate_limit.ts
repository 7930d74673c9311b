/**
 * How many messages that do no work are put up with.
 *
 * @module
 */

import type { Clock } from "../clock.ts";

/** A bucket of tokens, one for each message that costs the sender little and does no work. */
export class IdleBudget {
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #rate: number;
  #tokens: number;
  #refilled: number;

  /** At most `burst` messages at once, and `rate` per second in the long run. */
  constructor(clock: Clock, burst: number, rate: number) {
    this.#clock = clock;
    this.#burst = burst;
    this.#rate = rate;
    this.#tokens = burst;
    this.#refilled = clock.now();
  }

  /** Takes a token; false when there is none. */
  take(): boolean {
    if (this.#tokens < 1) {
      const now = this.#clock.now();
      const earned = (now - this.#refilled) / 1000 * this.#rate;
      this.#tokens = Math.min(this.#burst, this.#tokens + earned);
      this.#refilled = now;
      if (this.#tokens < 1) return false;
    }
    this.#tokens--;
    return true;
  }
}
