/**
 * Channels on a `Deno.Conn`.
 *
 * @module
 */

import { type Carrier, CarrierChannel } from "./carrier_channel.ts";
import { Turns } from "./fair_reads.ts";
import type { Channel, ChannelInfo } from "./channel.ts";
import type { WriteUnits } from "./write_units.ts";

/** The first size of a slab: a pending read holds it, and most connections are idle most of the time. */
const SMALLEST_SLAB = 256;

/** Slabs do not grow further; larger ones were measured to be slower. */
const LARGEST_SLAB = 64 * 1024;

/** The most that is read at once into memory that was offered. */
const LARGEST_READ = 256 * 1024;

/** After so many reads in a row that hardly used their room, slabs become smaller. */
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
 *
 * It reads into slabs and gives out what was read as views, each byte of a slab once: memory of its own
 * for each small chunk costs more than the chunk. A slab is left when less than half of it is free, so
 * that a chunk never keeps more than twice its memory and that of its neighbours.
 */
class ConnCarrier implements Carrier {
  readonly #conn: ByteConn;
  readonly #turns = new Turns();
  #slab = new Uint8Array(SMALLEST_SLAB);
  /** How much of the slab was given out. */
  #used = 0;
  /** How large the next slab is. */
  #size = SMALLEST_SLAB;
  /** A slab of the largest size that came back. */
  #spare: Uint8Array<ArrayBuffer> | undefined;
  /** Where the pending read goes, and whether that is in the slab. */
  #reading: Uint8Array | undefined;
  #intoSlab = false;
  /** How many reads in a row hardly used their room. */
  #sparseReads = 0;

  constructor(conn: ByteConn) {
    this.#conn = conn;
  }

  read(into?: Uint8Array): Promise<Uint8Array | null> {
    const turn = this.#turns.due();
    return turn?.then(() => this.#read(into)) ?? this.#read(into);
  }

  #read(into?: Uint8Array): Promise<Uint8Array | null> {
    const room = into?.subarray(0, LARGEST_READ) ?? this.#room();
    this.#reading = room;
    this.#intoSlab = into === undefined;
    // No async function: most connections are in here most of the time, and each of them would hold its frame.
    return this.#conn.read(room).then(this.#onRead);
  }

  readonly #onRead = (
    length: number | null,
  ): Uint8Array | null | Promise<Uint8Array | null> => {
    const room = this.#reading!;
    this.#reading = undefined;
    if (length === null) return null;
    if (length === 0) return this.#read(this.#intoSlab ? undefined : room);
    this.#turns.took(length);
    if (this.#intoSlab) {
      this.#used += length;
      this.#adapt(length, room.byteLength);
    }
    return room.subarray(0, length);
  };

  recycle(chunk: Uint8Array): void {
    const { buffer, byteOffset, byteLength } = chunk;
    if (buffer === this.#slab.buffer) {
      const last = byteOffset + byteLength === this.#used;
      if (last && this.#reading === undefined) this.#used = byteOffset;
    } else if (
      // Large enough for the slab to have been left with this chunk alone in it.
      byteOffset === 0 && byteLength * 2 > LARGEST_SLAB &&
      buffer.byteLength === LARGEST_SLAB && buffer instanceof ArrayBuffer
    ) {
      this.#spare = new Uint8Array(buffer);
    }
  }

  write(units: WriteUnits): Promise<void> {
    const { whole } = units;
    return whole === undefined ? this.#writeEach(units) : this.#writeAll(whole);
  }

  async #writeEach(units: WriteUnits): Promise<void> {
    for (const segment of units.segments()) await this.#writeAll(segment);
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    let written = await this.#conn.write(bytes);
    while (written < bytes.byteLength) {
      written += await this.#conn.write(bytes.subarray(written));
    }
  }

  end(): Promise<void> {
    return this.#conn.closeWrite();
  }

  release(): void {
    this.#conn.close();
  }

  /** Where the next read goes. */
  #room(): Uint8Array {
    const size = this.#slab.byteLength;
    if (size < this.#size || size - this.#used < this.#size / 2) {
      this.#slab = this.#size === LARGEST_SLAB && this.#spare !== undefined
        ? this.#spare
        : new Uint8Array(this.#size);
      this.#spare = undefined;
      this.#used = 0;
    }
    return this.#used === 0 ? this.#slab : this.#slab.subarray(this.#used);
  }

  /** Fits the size of slabs to what arrives: larger at once, smaller after a while. */
  #adapt(length: number, room: number): void {
    if (length === room) {
      this.#size = Math.min(this.#size * 4, LARGEST_SLAB);
      this.#sparseReads = 0;
    } else if (length * 8 > this.#size) {
      this.#sparseReads = 0;
    } else if (++this.#sparseReads >= READS_BEFORE_SHRINKING) {
      this.#sparseReads = 0;
      if (this.#size === SMALLEST_SLAB) return;
      this.#size /= 2;
      // The slab is left at once, or an idle connection would hold it for ever.
      this.#used = this.#slab.byteLength;
    }
  }
}
