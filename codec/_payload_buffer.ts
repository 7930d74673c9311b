/**
 * Memory for a payload that arrives in more than one chunk.
 *
 * @module
 */

/**
 * The buffer's size as a multiple of the bytes that have arrived; near the end
 * up to twice that. A factor of 2 takes half again as long in the bench "decode
 * a payload of 16 MiB in chunks of 64 KiB".
 */
const GROWTH = 8;

/** The engine frees smaller buffers soon enough, in bytes. */
const SMALLEST_FREED = 16 * 1024;

const NOTHING = new Uint8Array(0);

/**
 * Collects a payload that arrives in more than one chunk.
 *
 * Its memory grows with the bytes that arrive, never with the size that is
 * announced (limits/no-reserve).
 */
export class PayloadBuffer {
  #bytes: Uint8Array<ArrayBuffer> = NOTHING;
  #filled = 0;
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
    // Memory that nothing was written to takes no space yet.
    const arrived = this.active ? this.#filled : 0;
    return arrived + (this.#spare?.byteLength ?? 0);
  }

  /** Starts to collect a payload of `size` bytes, 1 or more. */
  start(size: number): void {
    this.#size = size;
    this.#filled = 0;
    this.#bytes = this.#takeSpare(size);
  }

  /** Returns the memory that the next bytes of the payload belong in. */
  unfilled(): Uint8Array<ArrayBuffer> {
    if (this.#filled === this.#bytes.byteLength) this.#grow(this.#filled);
    return this.#bytes.subarray(this.#filled);
  }

  /**
   * Appends the next bytes, unless they are there already; returns the payload
   * if it is complete.
   */
  append(part: Uint8Array): Uint8Array | undefined {
    const before = this.#filled;
    const after = before + part.byteLength;
    if (after > this.#bytes.byteLength) this.#grow(after);
    const bytes = this.#bytes;
    const isThere = part.buffer === bytes.buffer &&
      part.byteOffset === bytes.byteOffset + before;
    if (!isThere) bytes.set(part, before);
    this.#filled = after;
    return after === this.#size ? this.take() : undefined;
  }

  /** Returns what has arrived of the payload, and collects no more of it. */
  take(): Uint8Array {
    const { byteLength } = this.#bytes;
    const arrived = this.#filled === byteLength
      ? this.#bytes
      : this.#bytes.subarray(0, this.#filled);
    this.#bytes = NOTHING;
    this.#size = 0;
    return arrived;
  }

  /** Drops what has arrived of the payload. */
  drop(): void {
    free(this.#bytes);
    this.#bytes = NOTHING;
    this.#size = 0;
  }

  /** Keeps memory for a later payload. */
  recycle(memory: ArrayBuffer): void {
    const spare = this.#spare;
    if (spare !== undefined && spare.buffer !== memory) free(spare);
    this.#spare = new Uint8Array(memory);
  }

  /** Releases the memory that is kept for a later payload. */
  release(): void {
    if (this.#spare !== undefined) free(this.#spare);
    this.#spare = undefined;
  }

  /**
   * Returns the kept memory if it fits a payload of that size, and nothing
   * otherwise.
   */
  #takeSpare(size: number): Uint8Array<ArrayBuffer> {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare === undefined) return NOTHING;
    const { byteLength } = spare;
    if (byteLength >= size && byteLength <= size * 2) {
      return spare.subarray(0, size);
    }
    free(spare);
    return NOTHING;
  }

  /** Enlarges the buffer in proportion to the bytes that have arrived. */
  #grow(arrived: number): void {
    const wanted = Math.max(4096, arrived * GROWTH);
    // A buffer just short of the end would be copied once more, nearly full.
    const isNearEnd = this.#size <= wanted * 2;
    const larger = new Uint8Array(isNearEnd ? this.#size : wanted);
    larger.set(this.#bytes.subarray(0, this.#filled));
    free(this.#bytes);
    this.#bytes = larger;
  }
}

/** Frees memory at once: the engine frees large buffers late. */
function free({ buffer }: Uint8Array<ArrayBuffer>): void {
  if (buffer.byteLength < SMALLEST_FREED) return;
  // Browsers have it since 2024.
  const { transfer }: { transfer?: ArrayBuffer["transfer"] } = buffer;
  transfer?.call(buffer, 0);
}
