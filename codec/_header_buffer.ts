/**
 * Memory for a header that arrives in more than one chunk.
 *
 * @module
 */

/** The first size of the buffer, in bytes: a header with a name of usual length. */
const FIRST_SIZE = 64;

/** Shared by all that are empty: most connections never need memory here; bench: `connections-idle`. */
const NOTHING = new Uint8Array(0);

/** Keeps the beginning of a header that was cut by the end of a chunk. */
export class HeaderBuffer {
  /** The kept bytes, and memory behind them. */
  bytes: Uint8Array = NOTHING;
  /** The number of bytes that are kept. */
  length = 0;
  /** The length needed before parsing can continue. */
  wanted = 0;

  /** Appends the next bytes of the header. */
  append(part: Uint8Array): void {
    const length = this.length + part.byteLength;
    if (length > this.bytes.byteLength) {
      const larger = new Uint8Array(Math.max(FIRST_SIZE, length * 2));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    this.bytes.set(part, this.length);
    this.length = length;
  }
}
