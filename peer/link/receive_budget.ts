/**
 * Backpressure for received data.
 *
 * @module
 */

import type { MemoryAccount } from "./memory_account.ts";

/**
 * Counts the unread bytes of a peer's streams and decides when reading from the
 * connection pauses (limits/unread, stream/slow): because of them, or because of
 * all memory that the connection holds.
 */
export class ReceiveBudget {
  readonly #perStream: number;
  readonly #total: number;
  readonly #memory: MemoryAccount;
  #bytes = 0;
  #fullStreams = 0;
  #held = false;
  #closed = false;
  #waiting: (() => void) | undefined;

  /** Pauses reading above `perStream` unread bytes of any stream, or `total` of all. */
  constructor(perStream: number, total: number, memory: MemoryAccount) {
    this.#perStream = perStream;
    this.#total = total;
    this.#memory = memory;
  }

  /** Whether reading from the connection must pause. */
  get exceeded(): boolean {
    if (this.#closed) return false;
    return this.#held || this.#fullStreams > 0 || this.#bytes > this.#total ||
      this.#memory.exceeded;
  }

  /** Records that the unread bytes of one stream changed. */
  changed(before: number, after: number): void {
    this.#bytes += after - before;
    this.#fullStreams += Number(after > this.#perStream) -
      Number(before > this.#perStream);
    this.#memory.change(after - before);
    this.#wake();
  }

  /** Records memory that a stream keeps for data to come. */
  kept(bytes: number): void {
    this.#memory.change(bytes);
  }

  /** Pauses reading regardless of the number of unread bytes. */
  hold(): void {
    this.#held = true;
  }

  /** Ends {@linkcode hold}. */
  release(): void {
    this.#held = false;
    this.#wake();
  }

  /** Ends all pauses: from now on, what is read is discarded. */
  close(): void {
    this.#closed = true;
    this.#memory.close();
    this.#wake();
  }

  /** Waits until reading may continue. */
  async available(): Promise<void> {
    while (this.exceeded) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting = resolve;
      this.#memory.wait(this.#wake);
      await promise;
    }
    this.#memory.stopWaiting();
  }

  readonly #wake = (): void => {
    if (this.#waiting === undefined) return;
    // Memory may have become the cause after the pause began.
    if (this.exceeded) return this.#memory.wait(this.#wake);
    this.#waiting();
    this.#waiting = undefined;
  };
}
