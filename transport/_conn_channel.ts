/**
 * Channels on a `Deno.Conn`.
 *
 * @module
 */

import { type Carrier, CarrierChannel } from "./carrier_channel.ts";
import { FairReads } from "./fair_reads.ts";
import type { Channel, ChannelInfo } from "./channel.ts";
import type { WriteUnits } from "./write_units.ts";

/**
 * The first size of a slab. A pending read holds the slab, and most connections
 * are quiet most of the time (connections-idle).
 */
const SMALLEST_SLAB = 256;

/** The size up to which slabs grow; larger ones are slower (download). */
const LARGEST_SLAB = 64 * 1024;

/** The largest read into memory that the caller offers (upload-byob). */
const LARGEST_READ = 256 * 1024;

/**
 * Slabs shrink after this number of successive reads that hardly used their
 * space (connections-idle).
 */
const READS_BEFORE_SHRINKING = 16;

/** What a channel uses of a connection over the network, such as a `Deno.Conn`. */
export interface NetConn {
  /** The address of the local side. */
  readonly localAddr: { readonly hostname: string; readonly port: number };
  /** The address of the remote side. */
  readonly remoteAddr: { readonly hostname: string; readonly port: number };
  /** Reads bytes into memory, and returns their number; `null` at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes some of the bytes, and returns their number. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends the local direction. */
  closeWrite(): Promise<void>;
  /** Ends both directions. */
  close(): void;
}

/** The part of a connection that a carrier uses. */
export type ByteConn = Pick<NetConn, "read" | "write" | "closeWrite" | "close">;

/** Makes a channel of a connection. The channel owns the connection. */
export function connChannel(conn: ByteConn, info: ChannelInfo): Channel {
  return new CarrierChannel(new ConnCarrier(conn), info);
}

/**
 * Reads and writes below the web streams of a connection, which would halve the
 * speed of small messages (calls-16B-64).
 *
 * It reads into slabs and returns the bytes as views, each byte of a slab once:
 * separate memory for each small chunk would cost more than the chunk. A slab
 * with less than half of its space left is abandoned, so a chunk never keeps
 * more than twice its own memory and that of its neighbours alive.
 */
class ConnCarrier implements Carrier {
  readonly #conn: ByteConn;
  readonly #fairReads = new FairReads();
  #slab = new Uint8Array(SMALLEST_SLAB);
  /** How much of the slab has been returned to the reader. */
  #used = 0;
  /** The size of the next slab. */
  #size = SMALLEST_SLAB;
  /** A slab of the largest size that was recycled. */
  #recycled: Uint8Array<ArrayBuffer> | undefined;
  /** The target of the pending read, and whether it is in the slab. */
  #target: Uint8Array | undefined;
  #intoSlab = false;
  /** Successive reads that hardly used their space. */
  #sparseReads = 0;
  bytesTaken = 0;

  constructor(conn: ByteConn) {
    this.#conn = conn;
  }

  read(into?: Uint8Array): Promise<Uint8Array | null> {
    const others = this.#fairReads.yieldIfDue();
    return others?.then(() => this.#read(into)) ?? this.#read(into);
  }

  #read(into?: Uint8Array): Promise<Uint8Array | null> {
    const target = into?.subarray(0, LARGEST_READ) ?? this.#freeSpace();
    this.#target = target;
    this.#intoSlab = into === undefined;
    // Not an async function: most connections spend most of their time here,
    // and each would hold a frame (connections-idle).
    return this.#conn.read(target).then(this.#onRead);
  }

  readonly #onRead = (
    length: number | null,
  ): Uint8Array | null | Promise<Uint8Array | null> => {
    const target = this.#target!;
    this.#target = undefined;
    if (length === null) return null;
    if (length === 0) return this.#read(this.#intoSlab ? undefined : target);
    this.#fairReads.record(length);
    if (this.#intoSlab) {
      this.#used += length;
      this.#adapt(length, target.byteLength);
    }
    return target.subarray(0, length);
  };

  recycle(chunk: Uint8Array): void {
    const { buffer, byteOffset, byteLength } = chunk;
    if (buffer === this.#slab.buffer) {
      const last = byteOffset + byteLength === this.#used;
      if (last && this.#target === undefined) this.#used = byteOffset;
    } else if (
      // The chunk starts an abandoned slab and is large enough to be the only
      // one in it. A smaller one may have a neighbour that is still in use.
      byteOffset === 0 && byteLength * 2 > LARGEST_SLAB &&
      buffer.byteLength === LARGEST_SLAB && buffer instanceof ArrayBuffer
    ) {
      this.#recycled = new Uint8Array(buffer);
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
    this.bytesTaken += written;
    while (written < bytes.byteLength) {
      const more = await this.#conn.write(bytes.subarray(written));
      this.bytesTaken += more;
      written += more;
    }
  }

  end(): Promise<void> {
    return this.#conn.closeWrite();
  }

  release(): void {
    this.#conn.close();
  }

  /** The target of the next read: the free space of a slab. */
  #freeSpace(): Uint8Array {
    const size = this.#slab.byteLength;
    if (size < this.#size || size - this.#used < this.#size / 2) {
      this.#slab = this.#size === LARGEST_SLAB && this.#recycled !== undefined
        ? this.#recycled
        : new Uint8Array(this.#size);
      this.#recycled = undefined;
      this.#used = 0;
    }
    return this.#used === 0 ? this.#slab : this.#slab.subarray(this.#used);
  }

  /** Adapts the size of slabs to what arrives: grows at once, shrinks slowly. */
  #adapt(length: number, space: number): void {
    if (length === space) {
      this.#size = Math.min(this.#size * 4, LARGEST_SLAB);
      this.#sparseReads = 0;
    } else if (length * 8 > this.#size) {
      this.#sparseReads = 0;
    } else if (++this.#sparseReads >= READS_BEFORE_SHRINKING) {
      this.#sparseReads = 0;
      if (this.#size === SMALLEST_SLAB) return;
      this.#size /= 2;
      // Abandons the slab at once, or a quiet connection would hold it forever.
      this.#used = this.#slab.byteLength;
    }
  }
}
