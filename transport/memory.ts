/**
 * Channels between two ends in the same program.
 *
 * @module
 */

import { type Carrier, CarrierChannel } from "./carrier_channel.ts";
import type { Channel } from "./channel.ts";
import type { WriteUnits } from "./write_units.ts";

/** Options of {@linkcode memoryPair}. */
export interface MemoryPairOptions {
  /** How many bytes wait in each direction before a write waits; 64 KiB by default. */
  readonly capacity?: number | undefined;
}

/**
 * Opens a channel within the program and gives both its ends.
 *
 * It behaves as one over a socket does, backpressure and half-close included, but needs no clock: what
 * one end does, the other can see within the same turn of the event loop.
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
  const { capacity = 64 * 1024 } = options;
  if (!Number.isInteger(capacity) || capacity < 1) {
    throw new RangeError(
      `Cannot open a memory pair: capacity is ${capacity}, want an integer above 0`,
    );
  }
  const there = new Pipe(capacity);
  const back = new Pipe(capacity);
  const info = { transport: "memory", secure: true } as const;
  return [
    new CarrierChannel(new PipeCarrier(back, there), info),
    new CarrierChannel(new PipeCarrier(there, back), info),
  ];
}

class PipeCarrier implements Carrier {
  readonly #in: Pipe;
  readonly #out: Pipe;

  constructor(incoming: Pipe, outgoing: Pipe) {
    this.#in = incoming;
    this.#out = outgoing;
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

  hurry(): void {
    this.#out.overfill();
    this.#in.stop();
  }

  release(failure: { readonly error: unknown } | undefined): void {
    if (failure === undefined) {
      this.#in.stop();
      return;
    }
    const error = new Error("The other end aborted the channel", {
      cause: failure.error,
    });
    this.#in.fail(error);
    this.#out.fail(error);
  }
}

/** Bytes in one direction. */
class Pipe {
  readonly #capacity: number;
  readonly #queue: Uint8Array[] = [];
  #queued = 0;
  /** The writer ends here. */
  #ended = false;
  /** The reader takes nothing more. */
  #stopped = false;
  #failure: Error | undefined;
  /** More is taken than there is room for. */
  #overfilled = false;
  /** Wake the side that waits. */
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
    if (this.#stopped) throw new Error("Cannot write: the other end is closed");
    for (const segment of units.segments()) {
      let at = 0;
      while (at < segment.byteLength) {
        if (this.#failure !== undefined) throw this.#failure;
        // The reader has gone while this write was under way: the rest has arrived and was thrown away.
        if (this.#stopped) return;
        const room = this.#overfilled
          ? segment.byteLength
          : this.#capacity - this.#queued;
        if (room <= 0) {
          await new Promise<void>((resolve) => this.#wakeWriter = resolve);
          continue;
        }
        // A copy: the units are filled again once this write has settled.
        const piece = segment.slice(at, at + room);
        at += piece.byteLength;
        this.#queued += piece.byteLength;
        this.#queue.push(piece);
        this.#wakeReader?.();
      }
    }
  }

  /** Ends the bytes after those that were written. */
  end(): void {
    this.#ended = true;
    this.#wakeReader?.();
  }

  /** Takes the rest of a pending write, beyond the capacity. */
  overfill(): void {
    this.#overfilled = true;
    this.#wakeWriter?.();
  }

  /** Takes no further write. */
  stop(): void {
    this.#stopped = true;
    this.#wakeWriter?.();
    this.#wakeReader?.();
  }

  /** Ends the bytes at once. */
  fail(error: Error): void {
    this.#failure = error;
    this.#queue.length = 0;
    this.#wakeWriter?.();
    this.#wakeReader?.();
  }
}
