/**
 * Channels between two sides in the same program.
 *
 * @module
 */

import { checkOptionNames } from "../quoting/option_names.ts";
import { type Carrier, CarrierChannel } from "./carrier_channel.ts";
import type { Channel } from "./channel.ts";
import type { ChannelClock } from "./clock.ts";
import type { WriteUnits } from "./write_units.ts";

/** Options of {@linkcode memoryPair}. */
export interface MemoryPairOptions {
  /**
   * Bytes that each direction holds before a write waits; 65,536 by default.
   */
  readonly capacity?: number | undefined;
  /**
   * The timers that bound closing, such as the `clock` of a peer; those of the
   * runtime by default.
   */
  readonly clock?: ChannelClock | undefined;
}

/**
 * Opens a channel within the program and returns both of its sides.
 *
 * It behaves like a channel over a socket, with backpressure and half-close,
 * but involves no input or output: each side sees what the other does within
 * the same turn of the event loop.
 *
 * @throws {RangeError} If the capacity is not an integer above 0.
 *
 * @example
 * ```ts
 * import { memoryPair, WriteUnits } from "@gotalk/gotalk/transport";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = memoryPair();
 * const units = new WriteUnits();
 * units.add(new TextEncoder().encode("hello"));
 * await a.write(units);
 * await a.closeWrite();
 * assertEquals(new TextDecoder().decode((await b.read())!), "hello");
 * assertEquals(await b.read(), null);
 * await Promise.all([a.close(), b.close()]);
 * ```
 */
export function memoryPair(
  options: MemoryPairOptions = {},
): [Channel, Channel] {
  checkOptionNames(options, { capacity: 1, clock: 1 });
  const { capacity = 64 * 1024, clock } = options;
  if (!Number.isInteger(capacity) || capacity < 1) {
    throw new RangeError(
      `Cannot open a memory pair: got capacity ${capacity}, wanted an integer above 0`,
    );
  }
  const there = new Pipe(capacity);
  const back = new Pipe(capacity);
  const info = { transport: "memory", secure: true } as const;
  return [
    new CarrierChannel(new PipeCarrier(back, there), info, clock),
    new CarrierChannel(new PipeCarrier(there, back), info, clock),
  ];
}

class PipeCarrier implements Carrier {
  readonly #in: Pipe;
  readonly #out: Pipe;

  constructor(incoming: Pipe, outgoing: Pipe) {
    this.#in = incoming;
    this.#out = outgoing;
  }

  get bytesTaken(): number {
    return this.#out.bytesTaken;
  }

  read(): Promise<Uint8Array | null> {
    return this.#in.read();
  }

  write(units: WriteUnits): Promise<void> {
    return this.#out.write(units);
  }

  end(): Promise<void> {
    this.#out.end();
    return Promise.resolve();
  }

  beginClose(): void {
    this.#out.ignoreCapacity();
    this.#in.stop();
  }

  release(failure: { readonly error: unknown } | undefined): void {
    if (failure === undefined) {
      this.#in.stop();
      return;
    }
    const error = new Error("The remote side aborted the channel", {
      cause: failure.error,
    });
    this.#in.fail(error);
    this.#out.fail(error);
  }
}

/** The bytes of one direction. */
class Pipe {
  readonly #capacity: number;
  readonly #queue: Uint8Array[] = [];
  #queued = 0;
  /** Number of bytes written so far. */
  bytesTaken = 0;
  /** The writer has ended the direction. */
  #ended = false;
  /** The reader takes no more bytes. */
  #stopped = false;
  #failure: Error | undefined;
  #ignoresCapacity = false;
  /** Resume the side that waits. */
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const chunk = this.#queue.shift();
      if (chunk !== undefined) {
        this.#queued -= chunk.byteLength;
        this.#wakeWriter?.();
        return chunk;
      }
      if (this.#ended || this.#stopped) return null;
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
  }

  async write(units: WriteUnits): Promise<void> {
    if (this.#stopped) {
      throw new Error("Cannot write: the remote side is closed");
    }
    for (const segment of units.segments()) {
      let at = 0;
      while (at < segment.byteLength) {
        if (this.#failure !== undefined) throw this.#failure;
        // The reader closed during this write: as over a socket, the rest
        // counts as delivered and is discarded.
        if (this.#stopped) return;
        const space = this.#ignoresCapacity
          ? segment.byteLength
          : this.#capacity - this.#queued;
        if (space <= 0) {
          await new Promise<void>((resolve) => this.#wakeWriter = resolve);
          continue;
        }
        // A copy: the units are reused once this write has settled.
        const piece = segment.slice(at, at + space);
        at += piece.byteLength;
        this.bytesTaken += piece.byteLength;
        this.#queued += piece.byteLength;
        this.#queue.push(piece);
        this.#wakeReader?.();
      }
    }
  }

  /** Ends the direction after all written bytes. */
  end(): void {
    this.#ended = true;
    this.#wakeReader?.();
  }

  /** Takes the rest of a pending write, beyond the capacity. */
  ignoreCapacity(): void {
    this.#ignoresCapacity = true;
    this.#wakeWriter?.();
  }

  /** Takes no further writes. */
  stop(): void {
    this.#stopped = true;
    this.#wakeWriter?.();
    this.#wakeReader?.();
  }

  /** Ends the direction at once. */
  fail(error: Error): void {
    this.#failure = error;
    this.#queue.length = 0;
    this.#wakeWriter?.();
    this.#wakeReader?.();
  }
}
