/**
 * The life cycle of a channel, shared by all carriers with a half-close.
 * Internal to the package.
 *
 * @module
 */

import {
  type BufferObserver,
  type Channel,
  type ChannelEnd,
  type ChannelInfo,
  type CloseOptions,
  readableFrom,
} from "./channel.ts";
import { type ChannelClock, systemTimers } from "./clock.ts";
import { checkNumbers } from "./number_option.ts";
import { timeToTake } from "./slowest_rate.ts";
import type { WriteUnits } from "./write_units.ts";

/**
 * How long closing waits while no byte of a pending write is taken, in ms. The
 * system takes bytes in steps of up to 1.4 MB (Linux, over a fast network), so a
 * remote side that reads 50 KB/s shows progress every 30 s.
 */
const WRITE_TIMEOUT = 30_000;

/** How long closing waits until the local direction has ended, in ms. */
const FLUSH_TIMEOUT = 5_000;

/** How long closing continues to read after the local direction ended, in ms. */
const LINGER_TIMEOUT = 200;

/** How many bytes closing reads after the local direction ended. */
const LINGER_BYTES = 64 * 1024;

const NOTHING_MORE: Promise<null> = Promise.resolve(null);

/**
 * The part of a channel that differs from transport to transport: reading,
 * writing and ending, without any state of the channel.
 */
export interface Carrier {
  /**
   * Reads the next bytes, never an empty chunk; `null` at the end. Only one
   * call is pending at a time. The carrier may read into `into`.
   */
  read(into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array | null>;
  /** See {@linkcode Channel.readQueued}; not called while a read is pending. */
  readQueued?(): Uint8Array | undefined;
  /** Sends units; one call at a time, and none after {@linkcode end}. */
  write(units: WriteUnits): Promise<void>;
  /** Number of bytes taken from all writes; grows during a write. */
  readonly bytesTaken: number;
  /** See {@linkcode Channel.wholeUnits}. */
  readonly wholeUnits?: boolean;
  /** Ends the sending direction; called once, while no write is pending. */
  end(): Promise<void>;
  /** Takes back the memory of a chunk that is no longer in use. */
  recycle?(chunk: Uint8Array): void;
  /** See {@linkcode Channel.observeBuffers}. */
  observeBuffers?(observer: BufferObserver): void;
  /**
   * Called when the channel begins to close, for a carrier that loses nothing
   * by not waiting: takes the rest of a pending write at once and ends reading.
   */
  beginClose?(): void;
  /**
   * Releases all resources; called once. Pending calls settle, in any way.
   *
   * @param failure Present if the channel was aborted or broke. The remote side
   * should learn of it where the transport can express it.
   */
  release(failure: { readonly error: unknown } | undefined): void;
}

/** A channel on a {@linkcode Carrier}. */
export class CarrierChannel implements Channel {
  readonly info: ChannelInfo;
  readonly halfClose: boolean = true;
  readonly closed: Promise<ChannelEnd>;

  readonly #carrier: Carrier;
  readonly #clock: ChannelClock;
  readonly #resolveClosed: (end: ChannelEnd) => void;
  #readable: ReadableStream<Uint8Array> | undefined;
  /** The pending calls of the carrier. */
  #reading: Promise<Uint8Array | null> | undefined;
  #writing: Promise<void> | undefined;
  /** The size of the write that started last. */
  #writingBytes = 0;
  /** The work that {@linkcode closeWrite} and {@linkcode close} started. */
  #endingWrite: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  /** Which directions have ended. */
  #readEnded = false;
  #writeEnded = false;
  /** Why writing is no longer possible, although reading may continue. */
  #writeFailure: { readonly error: unknown } | undefined;
  /** Why the channel was aborted or broke. */
  #failure: { readonly error: unknown } | undefined;
  #finished = false;

  constructor(
    carrier: Carrier,
    info: ChannelInfo,
    clock: ChannelClock = systemTimers,
  ) {
    this.#carrier = carrier;
    this.#clock = clock;
    this.info = info;
    const { promise, resolve } = Promise.withResolvers<ChannelEnd>();
    this.closed = promise;
    this.#resolveClosed = resolve;
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#readable ??= readableFrom(this);
  }

  get bytesTaken(): number {
    return this.#carrier.bytesTaken;
  }

  get wholeUnits(): boolean {
    return this.#carrier.wholeUnits ?? false;
  }

  read(into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array | null> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    if (this.#readEnded || this.#closing !== undefined) return NOTHING_MORE;
    if (this.#reading !== undefined) {
      return Promise.reject(
        new Error("Cannot read: another read is pending, wanted one at a time"),
      );
    }
    // Not an async function: most connections spend most of their time here,
    // and each would hold a frame (connections-idle).
    this.#reading = this.#carrier.read(into);
    return this.#reading.then(this.#onRead, this.#onReadFailed);
  }

  readonly #onRead = (chunk: Uint8Array | null): Uint8Array | null => {
    this.#reading = undefined;
    if (chunk === null) this.#endDirection("read");
    this.#throwFailure();
    // Bytes that arrive while the channel closes are discarded.
    return this.#closing === undefined ? chunk : null;
  };

  readonly #onReadFailed = (error: unknown): null => {
    this.#reading = undefined;
    this.#finish({ error });
    this.#throwFailure();
    return null;
  };

  readQueued(): Uint8Array | undefined {
    const mayRead = this.#reading === undefined && !this.#readEnded &&
      !this.#finished && this.#closing === undefined;
    return mayRead ? this.#carrier.readQueued?.() : undefined;
  }

  write(units: WriteUnits): Promise<void> {
    const failure = this.#failure ?? this.#writeFailure;
    if (failure !== undefined) return Promise.reject(failure.error);
    if (this.#endingWrite !== undefined || this.#closing !== undefined) {
      return Promise.reject(
        new Error("Cannot write: the local side of the channel is closed"),
      );
    }
    if (this.#writing !== undefined) {
      return Promise.reject(
        new Error(
          "Cannot write: another write is pending, wanted one at a time",
        ),
      );
    }
    this.#writingBytes = units.byteLength;
    this.#writing = this.#carrier.write(units);
    return this.#writing.then(
      () => this.#written(),
      (error) => {
        this.#failWrite(error);
        this.#written();
      },
    );
  }

  #written(): void {
    this.#writing = undefined;
    this.#throwFailure(this.#writeFailure);
    if (this.#finished) {
      throw new Error(
        "Cannot write: the channel was closed before all bytes were sent",
      );
    }
  }

  closeWrite(): Promise<void> {
    return this.#endingWrite ??= this.#endWrite();
  }

  async close(options: CloseOptions = {}): Promise<void> {
    checkCloseOptions(options);
    await (this.#closing ??= this.#close(options.linger ?? 0));
  }

  recycle(chunk: Uint8Array): void {
    this.#carrier.recycle?.(chunk);
  }

  observeBuffers(observer: BufferObserver): void {
    if (!this.#finished) this.#carrier.observeBuffers?.(observer);
  }

  abort(reason: unknown = new Error("The channel was aborted")): void {
    this.#finish({ error: reason });
  }

  /** Reads from the carrier; a failure ends the channel and yields `null`. */
  async #readCarrier(): Promise<Uint8Array | null> {
    let chunk: Uint8Array | null = null;
    try {
      chunk = await (this.#reading = this.#carrier.read());
      if (chunk === null) this.#endDirection("read");
    } catch (error) {
      this.#finish({ error });
    } finally {
      this.#reading = undefined;
    }
    return chunk;
  }

  async #endWrite(): Promise<void> {
    // The caller of a failed write receives its error.
    await this.#writing?.catch(() => {});
    if (this.#finished || this.#writeFailure !== undefined) return;
    try {
      await this.#carrier.end();
      this.#endDirection("write");
    } catch (error) {
      this.#failWrite(error);
    }
  }

  async #close(linger: number): Promise<void> {
    if (this.#finished) return;
    this.#carrier.beginClose?.();
    const drained = this.#drain();
    await this.#pendingWrite();
    if (this.#writing === undefined) {
      await this.#within(FLUSH_TIMEOUT + linger, this.closeWrite());
    }
    // Bytes that are unread when a socket closes turn its end into a reset, and
    // a reset can overtake the last bytes that were sent: often the message
    // that explains the end.
    await this.#within(LINGER_TIMEOUT + linger, drained);
    this.#finish(undefined);
  }

  /**
   * Reads and discards bytes until the end, or until the budget for bytes that
   * arrive after the end of the local direction is used up.
   */
  async #drain(): Promise<void> {
    let left = LINGER_BYTES;
    let pending = this.#reading;
    while (left > 0 && !this.#readEnded && !this.#finished) {
      // The caller may have offered the memory of a pending read.
      const isOwn = pending === undefined;
      const chunk = await (pending?.catch(() => null) ?? this.#readCarrier());
      pending = undefined;
      if (this.#writeEnded) left -= chunk?.byteLength ?? 0;
      if (isOwn && chunk !== null) this.recycle(chunk);
    }
  }

  /** Waits for a pending write, or until no byte of it is taken any more. */
  async #pendingWrite(): Promise<void> {
    const unseen = this.wholeUnits ? this.#writingBytes : 0;
    const timeout = WRITE_TIMEOUT + timeToTake(unseen);
    for (let taken = -1; taken !== this.bytesTaken;) {
      const writing = this.#writing;
      if (writing === undefined || this.#finished) return;
      taken = this.bytesTaken;
      await this.#within(timeout, writing.catch(() => {}));
    }
  }

  /** Waits for the work, the end of the channel, or the timeout. */
  async #within(timeout: number, work: Promise<void>): Promise<void> {
    const { promise: expired, resolve } = Promise.withResolvers<void>();
    const timer = this.#clock.schedule(resolve, timeout);
    await Promise.race([work, this.closed, expired]);
    this.#clock.cancel(timer);
  }

  /** Throws the error that ended the channel, or else the other failure. */
  #throwFailure(other?: { readonly error: unknown }): void {
    const failure = this.#failure ?? other;
    if (failure !== undefined) throw failure.error;
  }

  #endDirection(direction: "read" | "write"): void {
    if (direction === "read") this.#readEnded = true;
    else this.#writeEnded = true;
    if (this.#readEnded && this.#writeEnded) this.#finish(undefined);
  }

  /**
   * Ends the sending direction only: the remote side may have sent the reason
   * why it takes no more bytes, and that is still to be read.
   */
  #failWrite(error: unknown): void {
    this.#writeFailure ??= { error };
    this.#endDirection("write");
  }

  #finish(failure: { readonly error: unknown } | undefined): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#failure = failure;
    this.#carrier.release(failure);
    const broken = failure ?? this.#writeFailure;
    this.#resolveClosed({
      clean: this.#readEnded && broken === undefined,
      error: broken?.error,
    });
  }
}

/**
 * Checks the options of closing.
 *
 * @throws {RangeError} If a number is less than 0.
 * @throws {TypeError} If an option is not a number.
 */
export function checkCloseOptions(options: CloseOptions): void {
  checkNumbers(options, { code: 0, linger: 0 });
}
