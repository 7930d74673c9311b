/**
 * Channels on a pair of web streams.
 *
 * @module
 */

import { bytesOf } from "../quoting/byte_source.ts";
import { nameOfValue } from "../quoting/value.ts";
import { type Carrier, CarrierChannel } from "./carrier_channel.ts";
import type { Channel, ChannelInfo } from "./channel.ts";
import type { WriteUnits } from "./write_units.ts";

/** The largest chunk that is written, in bytes: a write reports progress by chunk. */
const LARGEST_CHUNK = 64 * 1024;

/** A pair of web streams that carries the two directions of a channel. */
export interface DuplexStream {
  /** The bytes from the remote side. */
  readonly readable: ReadableStream<Uint8Array>;
  /** The bytes for the remote side. */
  readonly writable: WritableStream<Uint8Array>;
}

/**
 * Makes a channel of a pair of streams, such as the standard streams of a child
 * process, two `TransformStream`s, or a duplex stream of another library.
 *
 * Both streams stay locked. A write waits while the writable applies
 * backpressure. Each write copies its bytes, in chunks of at most 64 KiB, since
 * streams keep what they are given. Ending the local direction closes the
 * writable; aborting cancels the readable and aborts the writable.
 *
 * Do not use it for a `Deno.Conn`, whose two streams end together: after the
 * remote side has ended nothing can be sent, and the last bytes can be lost.
 * Use `tcpChannel`.
 *
 * @param duplex The streams.
 * @param info Information about the channel; by default only that it consists
 * of streams.
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
  duplex: DuplexStream,
  info: ChannelInfo = { transport: "streams", secure: false },
): Channel {
  return new CarrierChannel(new StreamsCarrier(duplex), info);
}

/** Refuses what is no stream of its direction: it lacks the method that locks one. */
function checkStream(
  which: "readable" | "writable",
  stream: unknown,
  method: "getReader" | "getWriter",
): void {
  if (method in Object(stream)) return;
  throw new TypeError(
    `Cannot make a channel of streams: ${which} is ${
      nameOfValue(stream)
    }, wanted a web stream`,
  );
}

class StreamsCarrier implements Carrier {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  bytesTaken = 0;

  constructor({ readable, writable }: DuplexStream) {
    checkStream("readable", readable, "getReader");
    checkStream("writable", writable, "getWriter");
    if (readable.locked || writable.locked) {
      const which = readable.locked ? "readable" : "writable";
      throw new TypeError(
        `Cannot make a channel of streams: the ${which} is locked, wanted it unlocked`,
      );
    }
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return null;
      const bytes = bytesOf(value, "read from the stream");
      if (bytes.byteLength > 0) return bytes;
    }
  }

  async write(units: WriteUnits): Promise<void> {
    for (const segment of units.segments()) {
      for (let at = 0; at < segment.byteLength; at += LARGEST_CHUNK) {
        const chunk = segment.slice(at, at + LARGEST_CHUNK);
        // If it fails, `ready` of this or the next write rejects with the error.
        this.#writer.write(chunk).catch(() => {});
        await this.#writer.ready;
        this.bytesTaken += chunk.byteLength;
      }
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
