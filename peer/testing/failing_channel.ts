/**
 * A channel that fails at a chosen step.
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

/**
 * Forwards to another channel and counts steps: each read and each write has one
 * when it starts and one when it completes.
 */
export class FailingChannel implements Channel {
  readonly info: ChannelInfo;
  readonly halfClose: boolean;
  readonly closed: Promise<ChannelEnd>;
  readonly readable: Channel["readable"] = readableFrom(this);
  /** Number of steps so far. */
  steps = 0;
  readonly #inner: Channel;
  readonly #at: number;
  readonly #inject: (channel: FailingChannel) => void;
  #readsEnd = false;
  #writeFailure: { readonly error: unknown } | undefined;

  /** Wraps a channel. `inject` is called once, at step `at`, counted from 0. */
  constructor(
    inner: Channel,
    at: number,
    inject: (channel: FailingChannel) => void,
  ) {
    this.#inner = inner;
    this.#at = at;
    this.#inject = inject;
    this.info = inner.info;
    this.halfClose = inner.halfClose;
    this.closed = inner.closed;
  }

  /** Lets all reads return the end from now on. */
  endReading(): void {
    this.#readsEnd = true;
  }

  /** Lets all writes fail from now on. */
  failWriting(error: unknown): void {
    this.#writeFailure = { error };
  }

  get bytesTaken(): number {
    return this.#inner.bytesTaken;
  }

  async read(): ReturnType<Channel["read"]> {
    this.#step();
    if (this.#readsEnd) return null;
    const chunk = await this.#inner.read();
    this.#step();
    return this.#readsEnd ? null : chunk;
  }

  async write(units: WriteUnits): Promise<void> {
    this.#step();
    this.#throwFailure();
    await this.#inner.write(units);
    this.#step();
    this.#throwFailure();
  }

  closeWrite(): Promise<void> {
    return this.#inner.closeWrite();
  }

  close(options?: CloseOptions): Promise<void> {
    return this.#inner.close(options);
  }

  abort(reason?: unknown): void {
    this.#inner.abort(reason);
  }

  #step(): void {
    if (this.steps++ === this.#at) this.#inject(this);
  }

  #throwFailure(): void {
    if (this.#writeFailure !== undefined) throw this.#writeFailure.error;
  }
}
