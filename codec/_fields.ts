/**
 * Header fields of a fixed length: request IDs, and numbers in hexadecimal
 * digits.
 *
 * Digits are read in both cases (wire/hex) and written in lower case
 * (wire/hex-lowercase). Tables replace strings, as this is the hottest code of
 * the codec.
 *
 * @module
 */

/** The ASCII codes of the sixteen digits. */
const DIGITS = Uint8Array.from(
  "0123456789abcdef",
  (digit) => digit.charCodeAt(0),
);

/**
 * The value of each byte as a digit; 255 for any other byte, which an OR of
 * several keeps.
 */
const VALUES = new Uint8Array(256).fill(255);
for (let value = 0; value < 16; value++) {
  const lower = DIGITS[value]!;
  VALUES[lower] = value;
  if (value > 9) VALUES[lower - 32] = value;
}

/** Returns the value of a byte as a digit, 0 to 15; 255 if it is not one. */
export function digitValue(byte: number): number {
  return VALUES[byte]!;
}

/** Reads three digits; returns -1 if one of the bytes is not a digit. */
export function readHex3(bytes: Uint8Array, at: number): number {
  const a = VALUES[bytes[at]!]!;
  const b = VALUES[bytes[at + 1]!]!;
  const c = VALUES[bytes[at + 2]!]!;
  return (a | b | c) > 15 ? -1 : a << 8 | b << 4 | c;
}

/** Reads four digits; returns -1 if one of the bytes is not a digit. */
export function readHex4(bytes: Uint8Array, at: number): number {
  const a = VALUES[bytes[at]!]!;
  const b = VALUES[bytes[at + 1]!]!;
  const c = VALUES[bytes[at + 2]!]!;
  const d = VALUES[bytes[at + 3]!]!;
  return (a | b | c | d) > 15 ? -1 : a << 12 | b << 8 | c << 4 | d;
}

/**
 * Reads eight digits, unsigned (wire/unsigned); returns -1 if one of the bytes
 * is not a digit.
 */
export function readHex8(bytes: Uint8Array, at: number): number {
  const high = readHex4(bytes, at);
  const low = readHex4(bytes, at + 4);
  return (high | low) < 0 ? -1 : high * 0x10000 + low;
}

/** Writes three digits. */
export function writeHex3(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = DIGITS[value >>> 8 & 15]!;
  bytes[at + 1] = DIGITS[value >>> 4 & 15]!;
  bytes[at + 2] = DIGITS[value & 15]!;
}

/** Writes four digits. */
export function writeHex4(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = DIGITS[value >>> 12 & 15]!;
  writeHex3(bytes, at + 1, value);
}

/** Writes eight digits of an unsigned 32-bit number. */
export function writeHex8(bytes: Uint8Array, at: number, value: number): void {
  writeHex4(bytes, at, value >>> 16);
  writeHex4(bytes, at + 4, value);
}

/** Reads a request ID of 3 or 4 bytes. */
export function readId(bytes: Uint8Array, at: number, length: number): number {
  const low = bytes[at]! << 16 | bytes[at + 1]! << 8 | bytes[at + 2]!;
  return length === 3 ? low : (low << 8 | bytes[at + 3]!) >>> 0;
}

/** Writes a request ID of 3 or 4 bytes. */
export function writeId(
  bytes: Uint8Array,
  at: number,
  id: number,
  length: number,
): void {
  if (length === 4) bytes[at++] = id >>> 24;
  bytes[at] = id >>> 16;
  bytes[at + 1] = id >>> 8;
  bytes[at + 2] = id;
}
