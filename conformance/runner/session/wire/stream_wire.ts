/**
 * A wire over a byte stream.
 *
 * @module
 */

import type { Arrival, Wire } from "./wire.ts";

/** A byte stream in both directions. */
export interface ByteStream {
  /** Returns the next bytes, `null` at the end; rejects after a reset. */
  read(): Promise<Uint8Array | null>;
  /** Writes bytes; resolves when there is room for more. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the write direction. */
  half(): Promise<void>;
  /** Ends both directions abruptly. */
  reset(): void;
  /** Releases the connection. */
  close(): Promise<void> | void;
}

/** A wire over a byte stream. */
export class StreamWire implements Wire {
  readonly transport: "tcp" | "memory";
  readonly #stream: ByteStream;
  /** Resolves when reading continues; set while reading is held. */
  #held: PromiseWithResolvers<void> | undefined;
  #destroyed = false;
  #reading: Promise<void> | undefined;

  /** Creates a wire over a stream. */
  constructor(transport: "tcp" | "memory", stream: ByteStream) {
    this.transport = transport;
    this.#stream = stream;
  }

  start(listener: (arrival: Arrival) => void): void {
    this.#reading ??= this.#read(listener);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#stream.write(bytes);
  }

  hold(): void {
    this.#held ??= Promise.withResolvers();
  }

  resume(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  half(): Promise<void> {
    return this.#stream.half();
  }

  /**
   * Ends only the runner's direction; {@linkcode destroy} ends the other. On
   * the wire the two look the same, and closing with unread bytes causes a
   * reset, which can overtake what was sent.
   */
  end(): Promise<void> {
    return this.half();
  }

  reset(): void {
    this.#stream.reset();
  }

  async destroy(): Promise<void> {
    this.#destroyed = true;
    this.resume();
    await this.#stream.close();
    await this.#reading;
  }

  async #read(listener: (arrival: Arrival) => void): Promise<void> {
    for (;;) {
      await this.#held?.promise;
      let arrival: Arrival;
      try {
        const bytes = await this.#stream.read();
        arrival = bytes === null
          ? { type: "end", how: "end of file" }
          : { type: "bytes", bytes };
      } catch {
        arrival = { type: "end", how: "reset" };
      }
      // An arrival while reading is held counts as received later.
      await this.#held?.promise;
      if (this.#destroyed) return;
      listener(arrival);
      if (arrival.type === "end") return;
    }
  }
}
