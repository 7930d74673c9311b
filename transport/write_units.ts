/**
 * Batches of write units.
 *
 * @module
 */

import { bytesOf, isFixed } from "../quoting/byte_source.ts";
import { freeMemory } from "../quoting/free_memory.ts";

/**
 * The smallest unit that is passed on by reference, in bytes. Copying a smaller
 * one is cheaper than a separate write (calls-1MiB-1, upload).
 */
export const BY_REFERENCE = 32 * 1024;

/**
 * The first size of the buffer: small, since most connections are quiet most of
 * the time (connections-idle).
 */
const FIRST_SIZE = 512;

/**
 * The largest unit whose bytes are copied in a loop, which costs less than a
 * call for small ones (calls-16B-64, notifications-16B).
 */
const BY_LOOP = 32;

/** The largest buffer that is kept for the next batch (calls-1KiB-1024). */
const LARGEST_KEPT = 256 * 1024;

/**
 * The size between the last two, for a batch that is full at 64 KiB and whose
 * last unit is copied (streams-endless-unread of the attacks).
 */
const LARGEST_USUAL = 64 * 1024 + BY_REFERENCE + FIRST_SIZE;

/**
 * The buffer is dropped after this number of successive batches that hardly
 * used it, so that a quiet connection keeps none (connections-idle).
 */
const SPARSE_BATCHES = 16;

/**
 * A batch of write units for the `write` method of a channel.
 *
 * A write unit is the version, the header of a message, or a payload. A channel
 * for plain bytes writes the {@linkcode segments} of a batch, which are few and
 * large. A channel that keeps units apart, such as a WebSocket, writes its
 * {@linkcode units}. Small units lie one after another in one buffer, so a
 * thousand messages cost one write; units of 32 KiB and more are referenced,
 * not copied.
 *
 * @example
 * ```ts
 * import { WriteUnits } from "@gotalk/gotalk/transport";
 * import { assertEquals } from "@std/assert";
 *
 * const units = new WriteUnits();
 * units.add(new TextEncoder().encode("R000100000002"));
 * units.add(new TextEncoder().encode("hi"));
 * assertEquals(Array.from(units.units()).length, 2);
 * assertEquals(Array.from(units.segments()).length, 1);
 * assertEquals(units.byteLength, 15);
 * ```
 */
export class WriteUnits {
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** The used part of the buffer, in bytes. */
  #used = 0;
  /** The offset in the buffer after each unit; a referenced unit takes none. */
  #ends: number[] = [];
  #count = 0;
  /** The referenced units, by their index among all units. */
  #large: Map<number, Uint8Array> | undefined;
  #byteLength = 0;
  /** Successive batches that hardly used the buffer. */
  #sparseBatches = 0;

  /** The total length of all units, in bytes. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** The number of units. */
  get count(): number {
    return this.#count;
  }

  /**
   * Adds a unit. One of 32 KiB or more is referenced and must not change until
   * it has been written, unless its memory is shared or resizable, which is
   * copied.
   *
   * @throws {TypeError} If it is not bytes.
   */
  add(unit: Uint8Array): void {
    const isBytes = unit instanceof Uint8Array && unit.byteLength > 0;
    if (!isBytes) unit = bytesOf(unit, "add a write unit");
    const length = unit.byteLength;
    if (length >= BY_REFERENCE) {
      this.#large ??= new Map();
      this.#large.set(
        this.#count,
        isFixed(unit) ? unit : new Uint8Array(unit),
      );
      this.#ends[this.#count++] = this.#used;
      this.#byteLength += length;
      return;
    }
    const at = this.reserve(length);
    const buffer = this.#buffer;
    if (length > BY_LOOP) {
      buffer.set(unit, at);
    } else {
      for (let index = 0; index < length; index++) {
        buffer[at + index] = unit[index]!;
      }
    }
    this.commit(at + length);
  }

  /**
   * Reserves space in {@linkcode buffer} for a unit that is written in place;
   * returns its offset. {@linkcode commit} adds the unit.
   */
  reserve(length: number): number {
    const needed = this.#used + length;
    if (needed > this.#buffer.byteLength) {
      const larger = new Uint8Array(grown(this.#buffer.byteLength, needed));
      larger.set(this.#buffer.subarray(0, this.#used));
      freeMemory(this.#buffer);
      this.#buffer = larger;
    }
    return this.#used;
  }

  /** The memory for writing units in place, after {@linkcode reserve}. */
  get buffer(): Uint8Array<ArrayBuffer> {
    return this.#buffer;
  }

  /** Adds the unit that was written in place and ends at the offset `end`. */
  commit(end: number): void {
    this.#byteLength += end - this.#used;
    this.#used = end;
    this.#ends[this.#count++] = end;
  }

  /**
   * All bytes as one view, valid until {@linkcode clear}; `undefined` if they
   * are not contiguous.
   */
  get whole(): Uint8Array | undefined {
    return this.#large === undefined && this.#used > 0
      ? this.#buffer.subarray(0, this.#used)
      : undefined;
  }

  /** All bytes as few large views, valid until {@linkcode clear}. */
  *segments(): Generator<Uint8Array> {
    let start = 0;
    for (const [index, large] of this.#large ?? []) {
      const end = this.#ends[index]!;
      if (end > start) yield this.#buffer.subarray(start, end);
      yield large;
      start = end;
    }
    if (this.#used > start) yield this.#buffer.subarray(start, this.#used);
  }

  /** Each unit as a view, valid until {@linkcode clear}. */
  *units(): Generator<Uint8Array> {
    let start = 0;
    for (let index = 0; index < this.#count; index++) {
      const end = this.#ends[index]!;
      yield this.#large?.get(index) ?? this.#buffer.subarray(start, end);
      start = end;
    }
  }

  /** Whether the memory of all referenced units is still there: an application may transfer it. */
  get isIntact(): boolean {
    if (this.#large === undefined) return true;
    for (const unit of this.#large.values()) {
      if (unit.byteLength === 0) return false;
    }
    return true;
  }

  /** All bytes as one array: a view if they are contiguous, otherwise a copy. */
  toBytes(): Uint8Array {
    const { whole } = this;
    if (whole !== undefined) return whole;
    const bytes = new Uint8Array(this.#byteLength);
    let at = 0;
    for (const segment of this.segments()) {
      bytes.set(segment, at);
      at += segment.byteLength;
    }
    return bytes;
  }

  /** Removes all units, so that the batch can be filled again. Views of its bytes are no longer valid. */
  clear(): void {
    const size = this.#buffer.byteLength;
    const isSparse = size > FIRST_SIZE && this.#used * 8 < size;
    this.#sparseBatches = isSparse ? this.#sparseBatches + 1 : 0;
    if (size > LARGEST_KEPT || this.#sparseBatches >= SPARSE_BATCHES) {
      freeMemory(this.#buffer);
      this.#buffer = new Uint8Array(0);
      this.#ends = [];
      this.#sparseBatches = 0;
    }
    this.#used = 0;
    this.#byteLength = 0;
    this.#count = 0;
    this.#large = undefined;
  }
}

/** The next size of a buffer: doubled, but at most `LARGEST_KEPT` if that fits. */
function grown(size: number, needed: number): number {
  const doubled = Math.max(FIRST_SIZE, size * 2, needed);
  if (needed <= LARGEST_USUAL) return Math.min(doubled, LARGEST_USUAL);
  return needed <= LARGEST_KEPT ? Math.min(doubled, LARGEST_KEPT) : doubled;
}
