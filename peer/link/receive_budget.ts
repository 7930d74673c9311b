/**
 * How many received bytes wait for the application.
 *
 * @module
 */

/** Counts what the streams of a peer hold, and tells when no more should be taken from the connection. */
export class InboundBudget {
  readonly #perQueue: number;
  readonly #inAll: number;
  #bytes = 0;
  #fullQueues = 0;
  #held = false;
  #closed = false;
  #waiting: (() => void) | undefined;

  constructor(perQueue: number, inAll: number) {
    this.#perQueue = perQueue;
    this.#inAll = inAll;
  }

  /** Whether reading from the connection should pause. */
  get exceeded(): boolean {
    if (this.#closed) return false;
    return this.#held || this.#fullQueues > 0 || this.#bytes > this.#inAll;
  }

  /** Notes that the bytes in one queue have changed. */
  changed(before: number, after: number): void {
    this.#bytes += after - before;
    this.#fullQueues += Number(after > this.#perQueue) -
      Number(before > this.#perQueue);
    this.#wake();
  }

  /** Holds reading back, however little waits. */
  hold(): void {
    this.#held = true;
  }

  /** Holds reading back only for what waits. */
  release(): void {
    this.#held = false;
    this.#wake();
  }

  /** Holds reading back no more, since what is read is thrown away. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** Waits until reading can go on. */
  async room(): Promise<void> {
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
