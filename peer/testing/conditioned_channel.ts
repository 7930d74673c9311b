/**
 * A channel over a simulated network that is slow and may fail.
 *
 * @module
 */

import {
  type Channel,
  type ChannelEnd,
  type ChannelInfo,
  type CloseOptions,
  readableFrom,
} from "../../transport/channel.ts";
import type { WriteUnits } from "../../transport/write_units.ts";
import type { Clock } from "../clock.ts";

/** The network conditions at one end of a channel. Nothing is lost or reordered: it is a reliable byte stream. */
export interface NetworkConditions {
  /** Largest number of bytes that a read returns. */
  readonly maxReadBytes: number;
  /** Delays of consecutive reads and writes, in milliseconds, repeated. */
  readonly delays: readonly number[];
  /** Another delay for one of them. */
  readonly stall: { readonly at: number; readonly time: number } | null;
  /** The failure of the channel, at one of them. */
  readonly failure: { readonly at: number; readonly kind: Failure } | null;
}

/** How a channel fails: a reset, an end within a read or after it, or failing writes. */
export type Failure = "reset" | "truncate" | "half-close" | "broken pipe";

/** Forwards to another channel under given network conditions. */
export class ConditionedChannel implements Channel {
  readonly info: ChannelInfo;
  readonly halfClose: boolean;
  readonly closed: Promise<ChannelEnd>;
  readonly readable: Channel["readable"] = readableFrom(this);
  readonly #inner: Channel;
  readonly #clock: Clock;
  readonly #conditions: NetworkConditions;
  readonly #ended = Promise.withResolvers<void>();
  #steps = 0;
  #unread: Uint8Array = new Uint8Array(0);
  #readingFails: "now" | "in the middle" | undefined;
  #writingFails = false;

  /** Wraps a channel. */
  constructor(inner: Channel, clock: Clock, conditions: NetworkConditions) {
    this.#inner = inner;
    this.#clock = clock;
    this.#conditions = conditions;
    this.info = inner.info;
    this.halfClose = inner.halfClose;
    this.closed = inner.closed;
    void inner.closed.then(() => this.#ended.resolve());
  }

  get bytesTaken(): number {
    return this.#inner.bytesTaken;
  }

  async read(): Promise<Uint8Array | null> {
    if (this.#unread.byteLength === 0 && this.#readingFails === undefined) {
      const chunk = await this.#inner.read();
      if (chunk === null) return null;
      this.#unread = chunk;
    }
    await this.#step();
    if (this.#readingFails === "now") return null;
    const { maxReadBytes } = this.#conditions;
    const size = Math.min(maxReadBytes, this.#unread.byteLength);
    if (this.#readingFails === "in the middle") {
      this.#readingFails = "now";
      return this.#take(Math.ceil(size / 2));
    }
    return this.#take(size);
  }

  async write(units: WriteUnits): Promise<void> {
    await this.#step();
    if (this.#writingFails) throw new Error("Broken pipe");
    await this.#inner.write(units);
  }

  closeWrite(): Promise<void> {
    return this.#inner.closeWrite();
  }

  close(options?: CloseOptions): Promise<void> {
    this.#ended.resolve();
    return this.#inner.close(options);
  }

  abort(reason?: unknown): void {
    this.#ended.resolve();
    this.#inner.abort(reason);
  }

  #take(size: number): Uint8Array {
    const piece = this.#unread.slice(0, size);
    this.#unread = this.#unread.subarray(size);
    return piece;
  }

  /** Waits for the delay of this step, and fails if it is the step that fails. */
  async #step(): Promise<void> {
    const { delays, stall, failure } = this.#conditions;
    const step = this.#steps++;
    if (step === failure?.at) this.#fail(failure.kind);
    const delay = step === stall?.at
      ? stall.time
      : delays[step % delays.length]!;
    if (delay === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#clock.schedule(resolve, delay);
    await Promise.race([promise, this.#ended.promise]);
    this.#clock.cancel(timer);
  }

  #fail(kind: Failure): void {
    if (kind === "reset") this.abort(new Error("Connection reset by peer"));
    else if (kind === "half-close") this.#readingFails = "now";
    else if (kind === "truncate") this.#readingFails = "in the middle";
    else this.#writingFails = true;
  }
}
