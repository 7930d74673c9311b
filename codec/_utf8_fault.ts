/**
 * Where bytes stop being UTF-8.
 *
 * @module
 */

/**
 * The offset of the first byte at which bytes stop being UTF-8: the byte that does not fit, or the
 * length when the last character is cut. For error messages, so plain rather than fast.
 */
export function utf8Fault(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.byteLength) {
    const lead = bytes[at]!;
    const [length, low, high] = sequence(lead);
    if (length === 0) return at;
    for (let index = 1; index < length; index++) {
      const byte = bytes[at + index];
      if (byte === undefined) return bytes.byteLength;
      if (
        byte < (index === 1 ? low : 0x80) || byte > (index === 1 ? high : 0xbf)
      ) {
        return at + index;
      }
    }
    at += length;
  }
  return at;
}

/** The length of the character that a byte begins, and the range of its second byte; 0 when it begins none. */
function sequence(
  lead: number,
): readonly [length: number, low: number, high: number] {
  if (lead < 0x80) return [1, 0, 0];
  if (lead < 0xc2) return [0, 0, 0];
  if (lead < 0xe0) return [2, 0x80, 0xbf];
  if (lead < 0xf0) {
    return [3, lead === 0xe0 ? 0xa0 : 0x80, lead === 0xed ? 0x9f : 0xbf];
  }
  if (lead < 0xf5) {
    return [4, lead === 0xf0 ? 0x90 : 0x80, lead === 0xf4 ? 0x8f : 0xbf];
  }
  return [0, 0, 0];
}
