/**
 * A channel that meets its fate at a chosen moment.
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
 * Passes everything on to another channel, and counts the moments at which something goes on there: each
 * read and write has one when it begins and one when it is done.
 */
export class FaultChannel implements Channel {
  readonly info: ChannelInfo;
  readonly halfClose: boolean;
  readonly closed: Promise<ChannelEnd>;
  readonly readable: Channel["readable"] = readableFrom(this);
  /** How many moments there were. */
  moments = 0;
  readonly #inner: Channel;
  readonly #at: number;
  readonly #strike: (channel: FaultChannel) => void;
  #readsAsEnded = false;
  #writeFailure: { readonly error: unknown } | undefined;

  /** Calls `strike` once, at the moment of this number, counted from 0. */
  constructor(
    inner: Channel,
    at: number,
    strike: (channel: FaultChannel) => void,
  ) {
    this.#inner = inner;
    this.#at = at;
    this.#strike = strike;
    this.info = inner.info;
    this.halfClose = inner.halfClose;
    this.closed = inner.closed;
  }

  /** Reading finds the end from now on. */
  endReading(): void {
    this.#readsAsEnded = true;
  }

  /** Writing fails from now on. */
  failWriting(error: unknown): void {
    this.#writeFailure = { error };
  }

  async read(): ReturnType<Channel["read"]> {
    this.#moment();
    if (this.#readsAsEnded) return null;
    const chunk = await this.#inner.read();
    this.#moment();
    return this.#readsAsEnded ? null : chunk;
  }

  async write(units: WriteUnits): Promise<void> {
    this.#moment();
    this.#throwFailure();
    await this.#inner.write(units);
    this.#moment();
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

  #moment(): void {
    if (this.moments++ === this.#at) this.#strike(this);
  }

  #throwFailure(): void {
    if (this.#writeFailure !== undefined) throw this.#writeFailure.error;
  }
}
