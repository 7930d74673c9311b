/**
 * A channel over a network that is slow, and may fail.
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

/** What a network does to one end of a channel. It loses and reorders nothing, as a reliable byte stream. */
export interface Roughness {
  /** How many bytes a read gives at most. */
  readonly piece: number;
  /** How long reads and writes take, in milliseconds, one after the other and then again. */
  readonly delays: readonly number[];
  /** How long one of them takes instead. */
  readonly stall: { readonly at: number; readonly time: number } | null;
  /** How the channel fails, at one of them. */
  readonly failure: { readonly at: number; readonly kind: Failure } | null;
}

/** How a channel fails: it is reset; what is being read is cut in its middle, or behind it; writing breaks. */
export type Failure = "reset" | "truncate" | "half-close" | "broken pipe";

/** Passes everything on to another channel, as a rough network would. */
export class RoughChannel implements Channel {
  readonly info: ChannelInfo;
  readonly halfClose: boolean;
  readonly closed: Promise<ChannelEnd>;
  readonly readable: Channel["readable"] = readableFrom(this);
  readonly #inner: Channel;
  readonly #clock: Clock;
  readonly #roughness: Roughness;
  readonly #over = Promise.withResolvers<void>();
  #steps = 0;
  #rest: Uint8Array = new Uint8Array(0);
  #readingFails: "now" | "in the middle" | undefined;
  #writingFails = false;

  /** Makes a channel rough. */
  constructor(inner: Channel, clock: Clock, roughness: Roughness) {
    this.#inner = inner;
    this.#clock = clock;
    this.#roughness = roughness;
    this.info = inner.info;
    this.halfClose = inner.halfClose;
    this.closed = inner.closed;
    void inner.closed.then(() => this.#over.resolve());
  }

  async read(): Promise<Uint8Array | null> {
    if (this.#rest.byteLength === 0 && this.#readingFails === undefined) {
      const chunk = await this.#inner.read();
      if (chunk === null) return null;
      this.#rest = chunk;
    }
    await this.#step();
    if (this.#readingFails === "now") return null;
    const { piece } = this.#roughness;
    const size = Math.min(piece, this.#rest.byteLength);
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
    this.#over.resolve();
    return this.#inner.close(options);
  }

  abort(reason?: unknown): void {
    this.#over.resolve();
    this.#inner.abort(reason);
  }

  #take(size: number): Uint8Array {
    const piece = this.#rest.slice(0, size);
    this.#rest = this.#rest.subarray(size);
    return piece;
  }

  /** Takes its time, and fails if it is the moment for that. */
  async #step(): Promise<void> {
    const { delays, stall, failure } = this.#roughness;
    const step = this.#steps++;
    if (step === failure?.at) this.#fail(failure.kind);
    const delay = step === stall?.at
      ? stall.time
      : delays[step % delays.length]!;
    if (delay === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#clock.schedule(resolve, delay);
    await Promise.race([promise, this.#over.promise]);
    this.#clock.cancel(timer);
  }

  #fail(kind: Failure): void {
    if (kind === "reset") this.abort(new Error("Connection reset by peer"));
    else if (kind === "half-close") this.#readingFails = "now";
    else if (kind === "truncate") this.#readingFails = "in the middle";
    else this.#writingFails = true;
  }
}
