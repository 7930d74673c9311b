/**
 * Write units that leave together.
 *
 * @module
 */

/** A payload of at least this many bytes is passed on by reference; copying a smaller one is cheaper than a write of its own. */
export const BY_REFERENCE = 32 * 1024;

/** The first size of the buffer; small, since most connections are idle most of the time. */
const FIRST_SIZE = 512;

/** Copying up to so many bytes costs less in a loop than in a call. */
const BY_LOOP = 32;

/** A larger buffer is not kept for the next batch. */
const LARGEST_KEPT = 256 * 1024;

/** After so many batches in a row that hardly used the buffer, it is given up: a connection that rests keeps none. */
const SPARSE_BATCHES = 16;

/**
 * A batch of write units on its way into a channel.
 *
 * A channel for plain bytes writes its {@linkcode segments}: few and large. A channel that keeps units
 * apart, such as a WebSocket, writes its {@linkcode units}. Small units lie one behind the other in one
 * buffer, so that a thousand messages cost one write; large ones are referred to, not copied.
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
  /** How much of the buffer is used. */
  #used = 0;
  /** Where in the buffer each unit ends; a unit by reference ends where it begins. */
  #ends: number[] = [];
  #count = 0;
  /** The units by reference, under their index among all. */
  #large: Map<number, Uint8Array> | undefined;
  #byteLength = 0;
  /** How many batches in a row hardly used the buffer. */
  #sparseBatches = 0;

  /** How many bytes the units have together. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** How many units there are. */
  get count(): number {
    return this.#count;
  }

  /** Adds a unit. A large one is referred to and must not be changed until it was written. */
  add(unit: Uint8Array): void {
    const length = unit.byteLength;
    if (length >= BY_REFERENCE) {
      this.#large ??= new Map();
      this.#large.set(this.#count, unit);
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

  /** Makes room for a unit that is written in place, into {@linkcode buffer}, and returns where it begins. */
  reserve(length: number): number {
    const needed = this.#used + length;
    if (needed > this.#buffer.byteLength) {
      const larger = new Uint8Array(grown(this.#buffer.byteLength, needed));
      larger.set(this.#buffer.subarray(0, this.#used));
      this.#buffer = larger;
    }
    return this.#used;
  }

  /** Where a unit can be written in place, after {@linkcode reserve}. */
  get buffer(): Uint8Array<ArrayBuffer> {
    return this.#buffer;
  }

  /** Ends the unit that was written in place. */
  commit(end: number): void {
    this.#byteLength += end - this.#used;
    this.#used = end;
    this.#ends[this.#count++] = end;
  }

  /** The bytes of all units, if they lie in one piece: a view, valid until {@linkcode clear}. */
  get whole(): Uint8Array | undefined {
    return this.#large === undefined && this.#used > 0
      ? this.#buffer.subarray(0, this.#used)
      : undefined;
  }

  /** The bytes of all units in as few pieces as there can be: views, valid until {@linkcode clear}. */
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

  /** Each unit: views, valid until {@linkcode clear}. */
  *units(): Generator<Uint8Array> {
    let start = 0;
    for (let index = 0; index < this.#count; index++) {
      const end = this.#ends[index]!;
      yield this.#large?.get(index) ?? this.#buffer.subarray(start, end);
      start = end;
    }
  }

  /** The bytes of all units as one array: a view when nothing is by reference, else a copy. */
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

  /** Forgets all units, to be filled again. */
  clear(): void {
    const size = this.#buffer.byteLength;
    const isSparse = size > FIRST_SIZE && this.#used * 8 < size;
    this.#sparseBatches = isSparse ? this.#sparseBatches + 1 : 0;
    if (size > LARGEST_KEPT || this.#sparseBatches >= SPARSE_BATCHES) {
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

/** The next size of a buffer: twice the last, but not past what is kept as long as that is enough. */
function grown(size: number, needed: number): number {
  const doubled = Math.max(FIRST_SIZE, size * 2, needed);
  return needed <= LARGEST_KEPT ? Math.min(doubled, LARGEST_KEPT) : doubled;
}
