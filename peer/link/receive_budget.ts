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
  readonly #endFullest: () => boolean;
  readonly #holdsBack: boolean;
  #bytes = 0;
  /** Bytes charged to the account. */
  #charged = 0;
  #fullStreams = 0;
  /** Number of streams that wait for credit of the remote peer. */
  #starved = 0;
  #held = false;
  #closed = false;
  #waiting: (() => void) | undefined;

  /**
   * Pauses reading above `perStream` unread bytes of any stream, or `total` of
   * all. A pause that does not hold the remote side back (`holdsBack`) saves
   * nothing: instead `endFullest` ends the stream with the most unread bytes, and
   * returns whether there was one.
   */
  constructor(
    perStream: number,
    total: number,
    memory: MemoryAccount,
    endFullest: () => boolean = () => false,
    holdsBack = true,
  ) {
    this.#perStream = perStream;
    this.#total = total;
    this.#memory = memory;
    this.#endFullest = endFullest;
    this.#holdsBack = holdsBack;
  }

  /** The memory of unread data of one stream that is half of what makes reading pause. */
  get muchUnread(): number {
    return this.#perStream / 2;
  }

  /** Whether reading from the connection must pause. */
  get exceeded(): boolean {
    if (this.#closed) return false;
    return this.#held || this.#fullStreams > 0 && !this.#mustGoOn ||
      this.#bytes > this.#total || this.#memory.exceeded;
  }

  /**
   * Whether reading goes on although too much of a stream is unread: a pause
   * would be useless, or what has not been read may contain the credit that the
   * reader of the stream waits for.
   */
  get #mustGoOn(): boolean {
    return !this.#holdsBack || this.#starved > 0;
  }

  /** Whether a stream is to be ended, so that reading can go on (extension/credit-exceeded). */
  get #isOverfull(): boolean {
    return this.#mustGoOn && this.#bytes > this.#total && !this.#closed;
  }

  /**
   * Records that the unread bytes of one stream changed, and how much it is
   * allowed beyond the limit: one that is held by credit has its own window.
   */
  changed(
    before: number,
    after: number,
    allowanceBefore = 0,
    allowance = allowanceBefore,
  ): void {
    this.#bytes += after - before;
    this.#fullStreams += Number(after > this.#perStream + allowance) -
      Number(before > this.#perStream + allowanceBefore);
    this.#charge(after - before);
    this.#wake();
  }

  /** Records that a stream begins to wait for credit, or ends to. */
  starved(change: 1 | -1): void {
    this.#starved += change;
    this.#wake();
  }

  /** Records memory that a stream keeps for data to come. */
  kept(bytes: number): void {
    this.#charge(bytes);
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

  /** Ends all pauses: from now on, what is read is discarded, and what is unread belongs to the application. */
  close(): void {
    this.#charge(-this.#charged);
    this.#closed = true;
    this.#memory.close();
    this.#wake();
  }

  /** Waits until reading may continue. */
  async available(): Promise<void> {
    while (this.exceeded) {
      if (this.#isOverfull && this.#endFullest()) continue;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting = resolve;
      this.#wait();
      await promise;
    }
    this.#memory.stopWaiting();
  }

  #charge(bytes: number): void {
    if (this.#closed) return;
    this.#charged += bytes;
    this.#memory.change(bytes);
  }

  #wait(): void {
    this.#memory.wait(() => this.#wake());
  }

  #wake(): void {
    if (this.#waiting === undefined) return;
    // Memory may have become the cause after the pause began.
    if (this.exceeded && !this.#isOverfull) return this.#wait();
    this.#waiting();
    this.#waiting = undefined;
  }
}
