/**
 * The pending calls of a channel on a socket of Node, which has events instead.
 *
 * @module
 */

/** How many received bytes may be unread before the socket is held back. */
const MAX_QUEUED_BYTES = 64 * 1024;

/** Settles reads and writes by the events of a socket. */
export class SocketCalls {
  readonly #queue: Uint8Array[] = [];
  #queued = 0;
  #isFull = false;
  #hasEnded = false;
  #failure: unknown;
  #reader: PromiseWithResolvers<Uint8Array | null> | undefined;
  /** Settles the pending write or end, which Node does not do in every case. */
  #writer: PromiseWithResolvers<void> | undefined;
  readonly #fullChanged: (isFull: boolean) => void;

  /** `fullChanged` is called when too many bytes are unread, and when they no longer are. */
  constructor(fullChanged: (isFull: boolean) => void) {
    this.#fullChanged = fullChanged;
  }

  /** Whether the remote side has ended its direction. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether bytes are to be held back. */
  get isFull(): boolean {
    return this.#isFull && this.#failure === undefined;
  }

  /** Returns the next bytes; `null` after the end. */
  read(): Promise<Uint8Array | null> {
    const chunk = this.#queue.shift();
    if (chunk !== undefined) {
      this.#queued -= chunk.byteLength;
      this.#checkSpace();
      return Promise.resolve(chunk);
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#hasEnded) return Promise.resolve(null);
    this.#reader = Promise.withResolvers();
    return this.#reader.promise;
  }

  /** Begins a write or an end, and waits until `done` is called or the socket fails. */
  async do(
    work: (done: (error?: Error | null) => void) => void,
  ): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const writer = this.#writer = Promise.withResolvers();
    work((error) => error ? writer.reject(error) : writer.resolve());
    try {
      await writer.promise;
    } finally {
      this.#writer = undefined;
    }
  }

  /** The socket has received bytes. */
  received(chunk: Uint8Array): void {
    const reader = this.#takeReader();
    if (reader !== undefined) return reader.resolve(asBytes(chunk));
    this.#queue.push(asBytes(chunk));
    this.#queued += chunk.byteLength;
    this.#checkSpace();
  }

  /** The remote side has ended its direction. */
  ended(): void {
    this.#hasEnded = true;
    this.#takeReader()?.resolve(null);
  }

  /** The socket has failed: pending calls reject, and so do later ones, once what was received is read. */
  failed(error: unknown): void {
    this.#failure ??= error;
    if (this.#isFull) this.#fullChanged(this.#isFull = false);
    this.#takeReader()?.reject(this.#failure);
    this.#writer?.reject(this.#failure);
  }

  /** Returns the pending read, which settles once: more may follow in the same turn. */
  #takeReader(): PromiseWithResolvers<Uint8Array | null> | undefined {
    const reader = this.#reader;
    this.#reader = undefined;
    return reader;
  }

  #checkSpace(): void {
    const isFull = this.#queued > MAX_QUEUED_BYTES;
    if (isFull === this.#isFull || this.#failure !== undefined) return;
    this.#isFull = isFull;
    this.#fullChanged(isFull);
  }
}

/** Returns a plain view: some methods of Node's buffers differ. */
function asBytes({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}
