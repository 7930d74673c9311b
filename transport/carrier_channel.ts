/**
 * The life of a channel, the same for every carrier that has a half-close.
 *
 * @module
 */

import {
  type Channel,
  type ChannelEnd,
  type ChannelInfo,
  readableFrom,
} from "./channel.ts";
import type { WriteUnits } from "./write_units.ts";

/** How long closing waits until what was written has left, in milliseconds. */
const FLUSH_TIMEOUT = 5_000;

/** How long closing reads on after this side has ended, in milliseconds. */
const LINGER_TIMEOUT = 200;

/** How much closing reads on after this side has ended, in bytes. */
const LINGER_BYTES = 64 * 1024;

const NOTHING_MORE: Promise<null> = Promise.resolve(null);

/** What carries the bytes: all that differs from one kind of channel to another. */
export interface Carrier {
  /** The next bytes, never empty, or `null` at their end; one call at a time. May read into what is offered. */
  read(into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array | null>;
  /** Sends the units; one call at a time, and none after {@linkcode end}. */
  write(units: WriteUnits): Promise<void>;
  /** Ends the sending side; called once, when no write is pending. */
  end(): Promise<void>;
  /** Takes back the memory of a chunk that nobody needs any more, if it can use it. */
  recycle?(chunk: Uint8Array): void;
  /**
   * The channel begins to close, for a carrier on which nothing gets lost without waiting: takes the
   * rest of a pending write at once and brings reading to its end.
   */
  hurry?(): void;
  /**
   * Lets go of everything; called once. Pending calls settle, it does not matter how. `failure` is
   * there when the channel was aborted or broke, and the other end should learn of it if it can.
   */
  release(failure: { readonly error: unknown } | undefined): void;
}

/** A channel on a carrier. */
export class CarrierChannel implements Channel {
  readonly info: ChannelInfo;
  readonly halfClose: boolean = true;
  readonly closed: Promise<ChannelEnd>;

  readonly #carrier: Carrier;
  readonly #resolveClosed: (end: ChannelEnd) => void;
  #readable: ReadableStream<Uint8Array> | undefined;
  /** The carrier's pending calls. */
  #reading: Promise<Uint8Array | null> | undefined;
  #writing: Promise<void> | undefined;
  /** What {@linkcode closeWrite} and {@linkcode close} have begun. */
  #endingWrite: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  /** Which directions have ended. */
  #readEnded = false;
  #writeEnded = false;
  /** Why nothing can be written any more, although reading may go on. */
  #writeFailure: { readonly error: unknown } | undefined;
  /** Why the channel was aborted or broke. */
  #failure: { readonly error: unknown } | undefined;
  #finished = false;

  constructor(carrier: Carrier, info: ChannelInfo) {
    this.#carrier = carrier;
    this.info = info;
    const { promise, resolve } = Promise.withResolvers<ChannelEnd>();
    this.closed = promise;
    this.#resolveClosed = resolve;
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#readable ??= readableFrom(this);
  }

  read(into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array | null> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    if (this.#readEnded || this.#closing !== undefined) return NOTHING_MORE;
    if (this.#reading !== undefined) {
      return Promise.reject(
        new Error("Cannot read: another read is pending, want one at a time"),
      );
    }
    // No async function: most connections are in here most of the time, and each of them would hold its frame.
    this.#reading = this.#carrier.read(into);
    return this.#reading.then(this.#onRead, this.#onReadFailed);
  }

  readonly #onRead = (chunk: Uint8Array | null): Uint8Array | null => {
    this.#reading = undefined;
    if (chunk === null) this.#endDirection("read");
    this.#throwFailure();
    // What arrives during closing is thrown away.
    return this.#closing === undefined ? chunk : null;
  };

  readonly #onReadFailed = (error: unknown): null => {
    this.#reading = undefined;
    this.#finish({ error });
    this.#throwFailure();
    return null;
  };

  write(units: WriteUnits): Promise<void> {
    const failure = this.#failure ?? this.#writeFailure;
    if (failure !== undefined) return Promise.reject(failure.error);
    if (this.#endingWrite !== undefined || this.#closing !== undefined) {
      return Promise.reject(
        new Error("Cannot write: this side of the channel is closed"),
      );
    }
    if (this.#writing !== undefined) {
      return Promise.reject(
        new Error("Cannot write: another write is pending, want one at a time"),
      );
    }
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
        "Cannot write: the channel was closed before all was sent",
      );
    }
  }

  closeWrite(): Promise<void> {
    return this.#endingWrite ??= this.#endWrite();
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  recycle(chunk: Uint8Array): void {
    this.#carrier.recycle?.(chunk);
  }

  abort(reason: unknown = new Error("The channel was aborted")): void {
    this.#finish({ error: reason });
  }

  /** Reads from the carrier; a failure ends the channel and reads as `null` here. */
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
    // A write that fails says so to its caller.
    await this.#writing?.catch(() => {});
    if (this.#finished || this.#writeFailure !== undefined) return;
    try {
      await this.#carrier.end();
      this.#endDirection("write");
    } catch (error) {
      this.#failWrite(error);
    }
  }

  async #close(): Promise<void> {
    if (this.#finished) return;
    this.#carrier.hurry?.();
    const drained = this.#drain();
    await this.#within(FLUSH_TIMEOUT, this.closeWrite());
    // Bytes that are unread when a socket closes turn its end into a reset, and a reset can overtake
    // what was sent last: often the very message that says why.
    await this.#within(LINGER_TIMEOUT, drained);
    this.#finish(undefined);
  }

  /** Reads and throws away until the end, or until it has been enough after this side's end. */
  async #drain(): Promise<void> {
    let left = LINGER_BYTES;
    let pending = this.#reading;
    while (left > 0 && !this.#readEnded && !this.#finished) {
      const chunk = await (pending?.catch(() => null) ?? this.#readCarrier());
      pending = undefined;
      if (this.#writeEnded) left -= chunk?.byteLength ?? 0;
    }
  }

  /** Waits for work to be done, the channel to end, or the time to pass. */
  async #within(timeout: number, work: Promise<void>): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const passed = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeout);
    });
    await Promise.race([work, this.closed, passed]);
    clearTimeout(timer);
  }

  /** Throws what ended the channel at once, or else the other failure. */
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
   * Ends the sending side only: the other end may have said why it takes nothing more, and that is
   * still to be read.
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
