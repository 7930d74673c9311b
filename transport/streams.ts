/**
 * Channels on a pair of web streams.
 *
 * @module
 */

import { type Carrier, CarrierChannel } from "./carrier_channel.ts";
import type { Channel, ChannelInfo } from "./channel.ts";
import type { WriteUnits } from "./write_units.ts";

/** Two web streams that make one channel. */
export interface StreamPair {
  /** Where the bytes from the other end come out. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Where the bytes for the other end go in. */
  readonly writable: WritableStream<Uint8Array>;
}

/**
 * Makes a channel of a pair of streams: the standard streams of a child process, two `TransformStream`s, or what
 * another library gives.
 *
 * Both streams are locked for good. A write waits as long as the writable asks to. Each write makes a
 * copy, since streams keep what they are given. Ending this side closes the writable; aborting cancels
 * the readable and aborts the writable.
 *
 * The two streams of a `Deno.Conn` end together, so that nothing can be sent once the other end has
 * ended, and the last bytes can get lost: `tcpChannel` makes a channel of one without that.
 *
 * @param pair The streams.
 * @param info What is known of the channel; by default only that it is made of streams.
 * @throws {TypeError} If one of the streams is locked.
 *
 * @example
 * ```ts
 * import { streamsChannel, WriteUnits } from "@gotalk/gotalk/transport";
 * import { assertEquals } from "@std/assert";
 *
 * const loop = new TransformStream<Uint8Array, Uint8Array>();
 * const channel = streamsChannel(loop);
 * const units = new WriteUnits();
 * units.add(new TextEncoder().encode("hello"));
 * const [chunk] = await Promise.all([channel.read(), channel.write(units)]);
 * assertEquals(new TextDecoder().decode(chunk!), "hello");
 * await channel.close();
 * ```
 */
export function streamsChannel(
  pair: StreamPair,
  info: ChannelInfo = { transport: "streams", secure: false },
): Channel {
  return new CarrierChannel(new StreamsCarrier(pair), info);
}

class StreamsCarrier implements Carrier {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor({ readable, writable }: StreamPair) {
    if (readable.locked || writable.locked) {
      const which = readable.locked ? "readable" : "writable";
      throw new TypeError(
        `Cannot make a channel of streams: the ${which} is locked, want it free`,
      );
    }
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return null;
      if (!(value instanceof Uint8Array)) {
        throw new TypeError(
          `Cannot read from the stream: got ${typeof value}, want Uint8Array`,
        );
      }
      if (value.byteLength > 0) return value;
    }
  }

  async write(units: WriteUnits): Promise<void> {
    for (const segment of units.segments()) {
      // When it fails, `ready` of this or of the next write rejects with the same error.
      this.#writer.write(segment.slice()).catch(() => {});
      await this.#writer.ready;
    }
  }

  end(): Promise<void> {
    return this.#writer.close();
  }

  release(failure: { readonly error: unknown } | undefined): void {
    this.#reader.cancel(failure?.error).catch(() => {});
    this.#writer.abort(failure?.error).catch(() => {});
  }
}
