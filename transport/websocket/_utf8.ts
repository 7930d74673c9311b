/**
 * Incremental validation of UTF-8, for WebSocket text messages.
 *
 * @module
 */

/**
 * Checks that bytes are UTF-8 (RFC 3629), in pieces that are cut anywhere.
 *
 * It stops at the first byte that no valid text has at its place, so an error
 * is found as early as possible. It decodes and keeps nothing: compared with a
 * streaming `TextDecoder`, that saves the strings, and a call into the runtime
 * for every piece.
 */
export class Utf8Check {
  /** The missing continuation bytes, and the range of the next one. */
  #wanted = 0;
  #low = 0x80;
  #high = 0xbf;

  /** Whether the text may end here, outside of a character. */
  get complete(): boolean {
    return this.#wanted === 0;
  }

  /**
   * Checks the next bytes of the text.
   *
   * @param bytes Read from `start` to `end`.
   * @param start The offset of the first byte.
   * @param end The offset after the last byte.
   * @returns The offset of the first invalid byte, or -1. The checker cannot be
   * used after an invalid byte.
   */
  push(bytes: Uint8Array, start: number, end: number): number {
    let wanted = this.#wanted, low = this.#low, high = this.#high;
    for (let at = start; at < end; at++) {
      let byte = bytes[at]!;
      if (wanted > 0) {
        if (byte < low || byte > high) return at;
        wanted--;
        low = 0x80;
        high = 0xbf;
        continue;
      }
      if (byte < 0x80) {
        at = skipAscii(bytes, at + 1, end);
        if (at === end) break;
        byte = bytes[at]!;
      }
      if (byte < 0xc2 || byte > 0xf4) return at;
      wanted = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
      if (byte === 0xe0) low = 0xa0; // below: overlong
      else if (byte === 0xed) high = 0x9f; // above: surrogates
      else if (byte === 0xf0) low = 0x90; // below: overlong
      else if (byte === 0xf4) high = 0x8f; // above: beyond U+10FFFF
    }
    this.#wanted = wanted;
    this.#low = low;
    this.#high = high;
    return -1;
  }
}

/**
 * The length from which a view of words is faster than bytes (`_frame_bench.ts`,
 * "check as UTF-8, ASCII").
 */
const WORDWISE = 64;

/** Returns the offset of the first byte that is not ASCII, or `end`. */
function skipAscii(bytes: Uint8Array, at: number, end: number): number {
  // Byte by byte at first, in case the run is short, and on to a boundary.
  const near = at + WORDWISE + (-(bytes.byteOffset + at) & 3);
  for (; at < end && at < near; at++) {
    if (bytes[at]! >= 0x80) return at;
  }
  if (end - at >= WORDWISE) {
    const start = bytes.byteOffset + at;
    const words = new Int32Array(bytes.buffer, start, (end - at) >>> 2);
    let ascii = 0;
    while (ascii < words.length && (words[ascii]! & 0x80808080) === 0) ascii++;
    at += 4 * ascii;
  }
  while (at < end && bytes[at]! < 0x80) at++;
  return at;
}
