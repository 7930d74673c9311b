/**
 * Fairness between connections that read.
 * Internal to the package.
 *
 * @module
 */

/** Bytes read between two checks of the clock (upload, download). */
const BYTES_BETWEEN_CHECKS = 16 * 1024;

/**
 * How long a channel may read without a pause, in milliseconds: while no other
 * channel is busy (upload), and while others are (beside-stream).
 */
const TIME_SLICE = { alone: 8, shared: 1 } as const;

/**
 * Rounds of the event loop after which it has certainly polled the system for
 * input. Deno 2.9.6 polls after 61 rounds without a pause, the default
 * `event_interval` of its scheduler; a test pins this.
 */
export const ROUNDS_UNTIL_POLLED = 64;

/** Bytes that all channels have read: shows whether others use their slice. */
let totalBytes = 0;

/**
 * Calls back after a round of the event loop. Browsers lack it, and run each
 * message event in a separate task.
 */
const { setImmediate } = globalThis as {
  readonly setImmediate?: (callback: () => void) => unknown;
};

/**
 * Yields to other connections and to timers while one channel always has more
 * to read.
 *
 * In Deno, a read of bytes that have already arrived completes without a round
 * of the event loop. A remote side that writes faster than the local side reads
 * would starve all other connections.
 */
export class FairReads {
  readonly #now: () => number;
  #bytes = 0;
  #sliceStart = 0;
  #slice: number = TIME_SLICE.alone;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Records that `bytes` bytes were read. */
  record(bytes: number): void {
    this.#bytes += bytes;
    totalBytes += bytes;
  }

  /** Waits until others have run, if the time slice is used up. */
  yieldIfDue(): Promise<void> | undefined {
    if (this.#bytes < BYTES_BETWEEN_CHECKS || setImmediate === undefined) {
      return undefined;
    }
    this.#bytes = 0;
    const busy = this.#now() - this.#sliceStart;
    return busy < this.#slice ? undefined : this.#yield();
  }

  async #yield(): Promise<void> {
    const before = totalBytes;
    for (let round = 0; round < ROUNDS_UNTIL_POLLED; round++) {
      await new Promise<void>((resolve) => void setImmediate!(resolve));
    }
    this.#sliceStart = this.#now();
    const isAlone = totalBytes - before < BYTES_BETWEEN_CHECKS;
    this.#slice = isAlone ? TIME_SLICE.alone : TIME_SLICE.shared;
  }
}
