/**
 * Whose turn it is.
 *
 * @module
 */

/** After how many bytes it is looked at how long they took. */
const BYTES_BETWEEN_LOOKS = 16 * 1024;

/** How long a channel keeps the program busy before others have their turn, in milliseconds: alone, and beside others that do. */
const TURN = { alone: 8, shared: 1 } as const;

/** How often the event loop goes round until what arrived for others is surely seen: Deno asks the system after 61 rounds without rest. */
const ROUNDS = 64;

/** How many bytes all channels together have read, to know whether others make use of their turn. */
let bytesInAll = 0;

/** Calls back when the event loop has gone round. Browsers have none, and give each message a turn of its own. */
const { setImmediate } = globalThis as {
  readonly setImmediate?: (callback: () => void) => unknown;
};

/**
 * Gives other connections, and timers, their turn while one channel has more and more to read.
 *
 * In Deno a read of bytes that are there already is done at once, without a round of the event loop. A
 * side that writes faster than this one can read would keep all others waiting for as long as it likes.
 */
export class Turns {
  #bytes = 0;
  #began = 0;
  #length: number = TURN.alone;

  /** Notes that so many bytes were read. */
  took(bytes: number): void {
    this.#bytes += bytes;
    bytesInAll += bytes;
  }

  /** Waits, if it is due, until others have had their turn. */
  due(): Promise<void> | undefined {
    if (this.#bytes < BYTES_BETWEEN_LOOKS || setImmediate === undefined) {
      return undefined;
    }
    this.#bytes = 0;
    const busy = performance.now() - this.#began;
    return busy < this.#length ? undefined : this.#pass();
  }

  async #pass(): Promise<void> {
    const before = bytesInAll;
    for (let round = 0; round < ROUNDS; round++) {
      await new Promise<void>((resolve) => void setImmediate!(resolve));
    }
    this.#began = performance.now();
    const isAlone = bytesInAll - before < BYTES_BETWEEN_LOOKS;
    this.#length = isAlone ? TURN.alone : TURN.shared;
  }
}
