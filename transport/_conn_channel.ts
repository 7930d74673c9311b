/**
 * Channels on a `Deno.Conn`.
 *
 * @module
 */

import { type Carrier, CarrierChannel } from "./_carrier_channel.ts";
import type { Channel, ChannelInfo } from "./channel.ts";
import type { WriteUnits } from "./write_units.ts";

/** The first size of the read buffer: a pending read holds it, and most connections are idle most of the time. */
const FIRST_SIZE = 512;

/** The read buffer does not grow further; a larger one was measured to be slower. */
const LARGEST_SIZE = 64 * 1024;

/** After so many reads in a row that hardly used the buffer, half of it is given up. */
const READS_BEFORE_SHRINKING = 16;

/** What a channel needs of a connection. */
export type ByteConn = Pick<
  Deno.Conn,
  "read" | "write" | "closeWrite" | "close"
>;

/** Makes a channel of a connection, which belongs to the channel from here on. */
export function connChannel(conn: ByteConn, info: ChannelInfo): Channel {
  return new CarrierChannel(new ConnCarrier(conn), info);
}

/**
 * Reads and writes below the web streams of a connection, which cost half of the speed of small
 * messages.
 */
class ConnCarrier implements Carrier {
  readonly #conn: ByteConn;
  #buffer = new Uint8Array(FIRST_SIZE);
  /** How many reads in a row hardly used the buffer. */
  #sparseReads = 0;

  constructor(conn: ByteConn) {
    this.#conn = conn;
  }

  read(): Promise<Uint8Array | null> {
    return this.#conn.read(this.#buffer).then(this.#taken);
  }

  write(units: WriteUnits): Promise<void> {
    const bytes = units.contiguous;
    if (bytes === undefined) return this.#writeAll(units.segments());
    return this.#conn.write(bytes).then((written) =>
      written === bytes.byteLength
        ? undefined
        : this.#writeAll([bytes.subarray(written)])
    );
  }

  end(): Promise<void> {
    return this.#conn.closeWrite();
  }

  release(): void {
    this.#conn.close();
  }

  /** The bytes of a read, in memory of their own; fits the buffer to what arrives. */
  readonly #taken = (
    length: number | null,
  ): Uint8Array | null | Promise<Uint8Array | null> => {
    if (length === null) return null;
    if (length === 0) return this.read();
    const chunk = this.#buffer.slice(0, length);
    const size = this.#buffer.byteLength;
    if (length * 8 > size) {
      this.#sparseReads = 0;
      if (length === size && size < LARGEST_SIZE) this.#resize(size * 4);
    } else if (++this.#sparseReads >= READS_BEFORE_SHRINKING) {
      this.#sparseReads = 0;
      if (size > FIRST_SIZE) this.#resize(size / 2);
    }
    return chunk;
  };

  /** Writes bytes in order, however few of them the connection takes at a time. */
  async #writeAll(segments: Iterable<Uint8Array>): Promise<void> {
    for (const segment of segments) {
      let written = await this.#conn.write(segment);
      while (written < segment.byteLength) {
        written += await this.#conn.write(segment.subarray(written));
      }
    }
  }

  #resize(size: number): void {
    this.#buffer = new Uint8Array(
      Math.max(FIRST_SIZE, Math.min(size, LARGEST_SIZE)),
    );
  }
}
