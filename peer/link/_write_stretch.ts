/**
 * How long a connection writes at a stretch.
 *
 * @module
 */

import { turns } from "../../transport/turns.ts";
import type { Clock } from "../clock.ts";

/** What is written without a look at the clock, in bytes; bench: `calls-16B-64`. */
const BYTES_WITHOUT_LOOK = 64 * 1024;

/** What a unit costs in addition to its bytes, in bytes. */
const COST_OF_UNIT = 128;

/**
 * How long writes may follow each other without a turn of another connection,
 * in milliseconds, as long as reads may; bench: `tcp-uncredited-upload`.
 */
const LENGTH = 8;

/**
 * Measures how long a connection writes while nothing arrives on it, and gives
 * way to others once that is too long.
 *
 * In Deno, a write that the system takes at once completes without a round of
 * the event loop. A stream whose data is always there would starve everything
 * else while its reader keeps up. Input shows that the system has been polled.
 */
export class WriteStretch {
  readonly #clock: Clock;
  #bytes = 0;
  /** When much had been written. */
  #start = NaN;

  /** Creates a stretch that has not begun. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins anew: something has arrived. */
  restart(): void {
    this.#bytes = 0;
    this.#start = NaN;
  }

  /** Records a write. Waits for a turn, if the stretch is too long. */
  written(bytes: number, units: number): Promise<void> | undefined {
    this.#bytes += bytes + units * COST_OF_UNIT;
    if (this.#bytes < BYTES_WITHOUT_LOOK) return undefined;
    const now = this.#clock.now();
    if (Number.isNaN(this.#start)) this.#start = now;
    if (now - this.#start < LENGTH) return undefined;
    this.restart();
    // After those that have used less.
    return turns.next(turns.virtualTime + 1);
  }
}
