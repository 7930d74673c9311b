/**
 * Bytes that arrive in chunks of any size, and are kept.
 *
 * @module
 */

import { concat } from "@std/bytes";

/** The size of the blocks that the bytes are copied to: the least and the most. */
const MIN_BLOCK = 256;
const MAX_BLOCK = 64 * 1024;

/**
 * Copies of chunks. A chunk of one byte that the runtime has read is a view of a
 * buffer of 64 KiB, so many of them kept would take far more memory than they have
 * bytes.
 */
export class CollectedBytes {
  /** The blocks that are full, and the one that is not. */
  #full: Uint8Array[] = [];
  #block = new Uint8Array(0);
  #used = 0;
  #size = 0;

  /** Number of bytes. */
  get size(): number {
    return this.#size;
  }

  /** Adds a copy of a chunk. */
  add(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.byteLength;) {
      if (this.#used === this.#block.byteLength) {
        this.#grow(chunk.byteLength - at);
      }
      const space = this.#block.byteLength - this.#used;
      const piece = chunk.subarray(at, at + space);
      this.#block.set(piece, this.#used);
      this.#used += piece.byteLength;
      at += piece.byteLength;
    }
    this.#size += chunk.byteLength;
  }

  /** Returns the bytes, in blocks, and begins anew. */
  takeBlocks(): Uint8Array[] {
    const blocks = [...this.#full, this.#block.subarray(0, this.#used)];
    this.#full = [];
    this.#block = new Uint8Array(0);
    this.#used = 0;
    this.#size = 0;
    return blocks;
  }

  /** Returns the bytes, and begins anew. */
  take(): Uint8Array {
    return concat(this.takeBlocks());
  }

  /** Begins a block that has space for bytes, and is as large as all before. */
  #grow(bytes: number): void {
    if (this.#used > 0) this.#full.push(this.#block);
    const size = Math.max(bytes, this.#size, MIN_BLOCK);
    this.#block = new Uint8Array(Math.min(size, MAX_BLOCK));
    this.#used = 0;
  }
}
