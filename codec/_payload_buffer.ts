/**
 * Memory for a payload that arrives in more than one chunk.
 *
 * @module
 */

import { freeMemory } from "../quoting/free_memory.ts";

/**
 * The size of a piece as a multiple of the bytes that have arrived before it. A
 * first chunk has up to 64 KiB, so a payload of up to 320 KiB lies in one piece.
 */
const GROWTH = 4;

/** The smallest and the largest piece, in bytes; bench: "decode a payload of 16 MiB in chunks of 64 KiB". */
const PIECE = { smallest: 4 * 1024, largest: 256 * 1024 } as const;

const NOTHING = new Uint8Array(0);

/** A piece of a payload, of which the first bytes are filled. */
interface Piece {
  readonly bytes: Uint8Array<ArrayBuffer>;
  filled: number;
}

/**
 * Collects a payload that arrives in more than one chunk.
 *
 * Its memory grows with the bytes that arrive, never with the size that is
 * announced (limits/no-reserve). It consists of pieces, which are joined when
 * all are there: a buffer that is larger than what has arrived would take memory
 * that nobody sent, since allocators clear what they reuse.
 */
export class PayloadBuffer {
  #pieces: Piece[] = [];
  /** The number of bytes that have arrived. */
  #arrived = 0;
  /** The size of the complete payload; 0 while none is collected. */
  #size = 0;
  /** Memory of an earlier payload that was given back. */
  #spare: Uint8Array<ArrayBuffer> | undefined;

  /** Whether a payload is being collected. */
  get active(): boolean {
    return this.#size > 0;
  }

  /** The number of bytes that have arrived, and of memory kept for a later payload. */
  get heldBytes(): number {
    return this.#arrived + (this.#spare?.byteLength ?? 0);
  }

  /** Starts to collect a payload of `size` bytes, 1 or more. */
  start(size: number): void {
    this.#size = size;
    const bytes = this.#takeSpare(size);
    if (bytes !== undefined) this.#pieces.push({ bytes, filled: 0 });
  }

  /** Returns the memory that the next bytes of the payload belong in. */
  unfilled(): Uint8Array<ArrayBuffer> {
    const { bytes, filled } = this.#unfilledPiece(0);
    return bytes.subarray(filled);
  }

  /**
   * Appends the next bytes, unless they are there already; returns the payload
   * if it is complete.
   */
  append(part: Uint8Array): Uint8Array | undefined {
    for (let at = 0; at < part.byteLength;) {
      const rest = part.byteLength - at;
      const piece = this.#unfilledPiece(rest);
      const { bytes, filled } = piece;
      const length = Math.min(rest, bytes.byteLength - filled);
      const isThere = part.buffer === bytes.buffer &&
        part.byteOffset + at === bytes.byteOffset + filled;
      if (!isThere) bytes.set(part.subarray(at, at + length), filled);
      piece.filled += length;
      this.#arrived += length;
      at += length;
    }
    return this.#arrived === this.#size ? this.take() : undefined;
  }

  /** Returns what has arrived of the payload, and collects no more of it. */
  take(): Uint8Array {
    const [first, ...others] = this.#pieces;
    let joined = NOTHING;
    if (first !== undefined && others.length === 0) {
      joined = first.filled === first.bytes.byteLength
        ? first.bytes
        : first.bytes.subarray(0, first.filled);
    } else if (first !== undefined) {
      joined = new Uint8Array(this.#arrived);
      let at = 0;
      for (const { bytes, filled } of this.#pieces) {
        const isFull = filled === bytes.byteLength;
        joined.set(isFull ? bytes : bytes.subarray(0, filled), at);
        at += filled;
        freeMemory(bytes);
      }
    }
    this.#end();
    return joined;
  }

  /** Drops what has arrived of the payload. */
  drop(): void {
    for (const { bytes } of this.#pieces) freeMemory(bytes);
    this.#end();
  }

  /** Keeps memory for a later payload. */
  recycle(memory: ArrayBuffer): void {
    const spare = this.#spare;
    if (spare !== undefined && spare.buffer !== memory) freeMemory(spare);
    this.#spare = new Uint8Array(memory);
  }

  /** Releases the memory that is kept for a later payload. */
  release(): void {
    if (this.#spare !== undefined) freeMemory(this.#spare);
    this.#spare = undefined;
  }

  #end(): void {
    if (this.#pieces.length > 0) this.#pieces = [];
    this.#arrived = this.#size = 0;
  }

  /**
   * Returns the kept memory if it fits a payload of that size, and nothing
   * otherwise.
   */
  #takeSpare(size: number): Uint8Array<ArrayBuffer> | undefined {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare === undefined) return undefined;
    const { byteLength } = spare;
    if (byteLength >= size && byteLength <= size * 2) {
      return spare.subarray(0, size);
    }
    freeMemory(spare);
    return undefined;
  }

  /** Returns the piece that the next bytes belong in, of which `length` have arrived. */
  #unfilledPiece(length: number): Piece {
    const last = this.#pieces[this.#pieces.length - 1];
    if (last !== undefined && last.filled < last.bytes.byteLength) return last;
    const grown = (this.#arrived + length) * GROWTH;
    const wanted = Math.max(
      PIECE.smallest,
      length,
      Math.min(PIECE.largest, grown),
    );
    const size = Math.min(wanted, this.#size - this.#arrived);
    const piece = { bytes: new Uint8Array(size), filled: 0 };
    this.#pieces.push(piece);
    return piece;
  }
}
