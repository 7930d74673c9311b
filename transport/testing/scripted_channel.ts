/**
 * A channel of which the test knows every read in advance.
 *
 * @module
 */

import { concat } from "@std/bytes";
import {
  type Channel,
  type ChannelEnd,
  type ChannelInfo,
  readableFrom,
} from "../channel.ts";
import type { WriteUnits } from "../write_units.ts";

/** Options of a {@linkcode ScriptedChannel}. */
export interface Script {
  /** What the reads return, one chunk each. */
  readonly chunks: readonly Uint8Array[];
  /** Whether the connection ends after the chunks, or stays open and silent. */
  readonly ends?: boolean | undefined;
  /** Whether reads wait until something was written. */
  readonly afterWrite?: boolean | undefined;
}

/** A channel for plain bytes that reads a script and records what is written. */
export class ScriptedChannel implements Channel {
  readonly info: ChannelInfo = { transport: "memory", secure: true };
  readonly halfClose = true;
  readonly closed: Promise<ChannelEnd>;
  bytesTaken = 0;
  /** How the channel was ended. */
  endedBy: "close" | "abort" | undefined;
  /** The number of chunks that were read. */
  chunksRead = 0;

  readonly #script: Script;
  readonly #writes: Uint8Array[] = [];
  readonly #resolveClosed: (end: ChannelEnd) => void;
  readonly #written = Promise.withResolvers<void>();

  /** A channel for one conversation. */
  constructor(script: Script) {
    this.#script = script;
    const { promise, resolve } = Promise.withResolvers<ChannelEnd>();
    this.closed = promise;
    this.#resolveClosed = resolve;
  }

  /** All bytes that were written. */
  get written(): Uint8Array {
    return concat(this.#writes);
  }

  get readable(): ReadableStream<Uint8Array> {
    return readableFrom(this);
  }

  async read(): Promise<Uint8Array | null> {
    if (this.#script.afterWrite) await this.#written.promise;
    const chunk = this.#script.chunks[this.chunksRead];
    if (chunk === undefined || this.endedBy !== undefined) {
      if (!this.#script.ends) await this.closed;
      return null;
    }
    this.chunksRead++;
    return chunk.slice(); // the reader owns it
  }

  write(units: WriteUnits): Promise<void> {
    if (this.endedBy !== undefined) {
      return Promise.reject(new Error("Cannot write: the channel has ended"));
    }
    this.#writes.push(units.toBytes().slice());
    this.bytesTaken += units.byteLength;
    this.#written.resolve();
    return Promise.resolve();
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.#end("close");
    await this.closed;
  }

  abort(): void {
    this.#end("abort");
  }

  #end(by: "close" | "abort"): void {
    this.endedBy ??= by;
    this.#resolveClosed({ clean: this.endedBy === "close" });
  }
}
