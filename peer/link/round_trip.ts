/**
 * The round-trip time of a connection.
 *
 * @module
 */

import type { Clock } from "../clock.ts";

/** One of this number of calls is measured: reading the clock takes time; bench: `calls-16B-1`. */
const CALLS_PER_SAMPLE = 16;

/** A call is measured in place of one that was not answered while this number of others were made. */
const GIVEN_UP_AFTER = 4096;

/** Number of samples of which the least counts, together with that of the samples before. */
const WINDOW = 8;

/**
 * Estimates the round-trip time by some calls. A call takes as long as its
 * handler in addition, so the fastest of the latest ones counts.
 */
export class RoundTrip {
  readonly #clock: Clock;
  /** Calls to be made until the next one is measured. */
  #left = 0;
  /** The request ID of the call that is measured; -1 for none. */
  #id = -1;
  #began = 0;
  #samples = 0;
  #current = Infinity;
  #before = Infinity;

  /** Measures by a clock. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The least time of the latest samples, in milliseconds; `undefined` if there is none. */
  get time(): number | undefined {
    const least = Math.min(this.#current, this.#before);
    return least === Infinity ? undefined : least;
  }

  /** A request is sent. */
  begin(id: number): void {
    if (--this.#left > 0) return;
    this.#left = GIVEN_UP_AFTER;
    this.#id = id;
    this.#began = this.#clock.now();
  }

  /** Measures another request, if this one is measured: it has failed. */
  cancel(id: number): void {
    if (id !== this.#id) return;
    this.#id = -1;
    this.#left = 0;
  }

  /** Its result has arrived. */
  end(id: number): void {
    if (id !== this.#id) return;
    this.#id = -1;
    this.#left = CALLS_PER_SAMPLE;
    const sample = this.#clock.now() - this.#began;
    if (this.#samples++ % WINDOW === 0) {
      this.#before = this.#current;
      this.#current = sample;
    } else this.#current = Math.min(this.#current, sample);
  }
}
