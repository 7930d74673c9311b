/**
 * Fairness between channels that read.
 * Internal to the package.
 *
 * @module
 */

import { type Turns, turns as sharedTurns } from "./turns.ts";

/** Bytes read between two checks of the clock (upload, download). */
const BYTES_BETWEEN_CHECKS = 16 * 1024;

/** What a read costs in addition to its bytes, in bytes. */
const COST_OF_READ = 256;

/**
 * How long reads may follow each other without a turn of another channel, in
 * milliseconds (upload).
 */
const TIME_SLICE = 8;

/**
 * Lets other channels and timers run while one channel always has more to read.
 *
 * What receives the bytes measures its own work and takes turns more often;
 * this covers bytes that cause little work above the channel, such as pings.
 */
export class FairReads {
  readonly #now: () => number;
  readonly #turns: Turns;
  #bytes = 0;
  #sliceStart = 0;
  /** The poll of the system after which the bytes are counted. */
  #countedFrom = 0;

  constructor(
    now: () => number = () => performance.now(),
    turns: Turns = sharedTurns,
  ) {
    this.#now = now;
    this.#turns = turns;
  }

  /** Records that `bytes` bytes were read. */
  record(bytes: number): void {
    this.#bytes += bytes + COST_OF_READ;
  }

  /** Waits for a turn, if none has begun for the length of a slice. */
  yieldIfDue(): Promise<void> | undefined {
    if (this.#bytes < BYTES_BETWEEN_CHECKS) return undefined;
    this.#bytes = 0;
    if (this.#countedFrom !== this.#turns.polls) {
      // Not all of these reads followed each other.
      this.#countedFrom = this.#turns.polls;
      return undefined;
    }
    const start = Math.max(this.#sliceStart, this.#turns.lastTurn);
    return this.#now() - start < TIME_SLICE ? undefined : this.#yield();
  }

  async #yield(): Promise<void> {
    // After those that have used less than a slice.
    await this.#turns.next(this.#turns.virtualTime + 1);
    this.#sliceStart = this.#now();
    this.#countedFrom = this.#turns.polls;
  }
}
