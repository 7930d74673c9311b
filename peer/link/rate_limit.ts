/**
 * A rate limit.
 *
 * @module
 */

import type { Clock } from "../clock.ts";

/** A token bucket: each event takes a token, and tokens are refilled at a constant rate. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #rate: number;
  #tokens: number;
  #refilled: number;

  /** Allows a burst of `burst` events, and `rate` events per second in the long run. */
  constructor(clock: Clock, burst: number, rate: number) {
    this.#clock = clock;
    this.#burst = burst;
    this.#rate = rate;
    this.#tokens = burst;
    this.#refilled = clock.now();
  }

  /** Takes a token. Returns false if the limit is exceeded. */
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
