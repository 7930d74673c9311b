/**
 * Backpressure for received data.
 *
 * @module
 */

/**
 * Counts the unread bytes of a peer's streams and decides when reading from the
 * connection pauses (limits/unread, stream/slow).
 */
export class ReceiveBudget {
  readonly #perStream: number;
  readonly #total: number;
  #bytes = 0;
  #fullStreams = 0;
  #held = false;
  #closed = false;
  #waiting: (() => void) | undefined;

  /** Pauses reading above `perStream` unread bytes of any stream, or `total` of all. */
  constructor(perStream: number, total: number) {
    this.#perStream = perStream;
    this.#total = total;
  }

  /** Whether reading from the connection must pause. */
  get exceeded(): boolean {
    if (this.#closed) return false;
    return this.#held || this.#fullStreams > 0 || this.#bytes > this.#total;
  }

  /** Records that the unread bytes of one stream changed. */
  changed(before: number, after: number): void {
    this.#bytes += after - before;
    this.#fullStreams += Number(after > this.#perStream) -
      Number(before > this.#perStream);
    this.#wake();
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
    this.#wake();
  }

  /** Waits until reading may continue. */
  async available(): Promise<void> {
    while (this.exceeded) {
      await new Promise<void>((resolve) => this.#waiting = resolve);
    }
  }

  #wake(): void {
    if (this.#waiting === undefined || this.exceeded) return;
    this.#waiting();
    this.#waiting = undefined;
  }
}
