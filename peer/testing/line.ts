/**
 * A long line in virtual time.
 *
 * @module
 */

import {
  type Channel,
  type ChannelEnd,
  type ChannelInfo,
  readableFrom,
} from "../../transport/channel.ts";
import type { WriteUnits } from "../../transport/write_units.ts";
import type { Clock } from "../clock.ts";

/** What the systems at both ends of a line hold of what was written. */
const SEND_BUFFER = 256 * 1024;

/** How a line behaves, the same in both directions. */
export interface LineOptions {
  /** The time from one end to the other, in milliseconds. */
  readonly delay: number;
  /** The rate in bytes per millisecond. */
  readonly rate: number;
}

/** Returns the two ends of a line that is slow and loses nothing. */
export function line(clock: Clock, options: LineOptions): [Channel, Channel] {
  const left = new LineEnd(clock, options);
  const right = new LineEnd(clock, options);
  left.remote = right;
  right.remote = left;
  return [left, right];
}

/** One end: receives what arrives, and holds writers back at the rate of the line. */
class LineEnd implements Channel {
  readonly info: ChannelInfo = { transport: "memory", secure: true };
  readonly halfClose = false;
  readonly closed: Promise<ChannelEnd>;
  readonly readable: ReadableStream<Uint8Array> = readableFrom(this);
  remote!: LineEnd;
  bytesTaken = 0;
  readonly #clock: Clock;
  readonly #options: LineOptions;
  readonly #resolveClosed: (end: ChannelEnd) => void;
  readonly #arrived: Uint8Array[] = [];
  readonly #timers = new Set<unknown>();
  /** When the line has sent all that was written. */
  #sentAt = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock, options: LineOptions) {
    this.#clock = clock;
    this.#options = options;
    ({ promise: this.closed, resolve: this.#resolveClosed } = Promise
      .withResolvers<ChannelEnd>());
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const chunk = this.#arrived.shift();
      if (chunk !== undefined) return chunk;
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  async write(units: WriteUnits): Promise<void> {
    const { delay, rate } = this.#options;
    const bytes = units.toBytes().slice();
    this.bytesTaken += bytes.byteLength;
    const now = this.#clock.now();
    this.#sentAt = Math.max(now, this.#sentAt) + bytes.byteLength / rate;
    void this.#after(this.#sentAt + delay - now)
      .then(() => this.remote.#receive(bytes));
    const left = this.#sentAt - now - SEND_BUFFER / rate;
    if (left > 0) await this.#after(left);
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#end();
    this.remote.#end();
    return Promise.resolve();
  }

  abort(): void {
    void this.close();
  }

  #receive(bytes: Uint8Array): void {
    if (this.#ended) return;
    this.#arrived.push(bytes);
    this.#wake?.();
  }

  #end(): void {
    this.#ended = true;
    for (const timer of this.#timers) this.#clock.cancel(timer);
    this.#resolveClosed({ clean: true });
    this.#wake?.();
  }

  #after(delay: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.schedule(() => {
        this.#timers.delete(timer);
        resolve();
      }, delay);
      this.#timers.add(timer);
    });
  }
}
