/**
 * The IDs that a peer gives to its own requests.
 *
 * @module
 */

/** The characters of an ID, six bits each. */
const DIGITS =
  "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
const CODES = Uint8Array.from(DIGITS, (digit) => digit.charCodeAt(0));
const VALUES = new Uint8Array(256);
for (let value = 0; value < CODES.length; value++) {
  VALUES[CODES[value]!] = value;
}

/** How many IDs there are before the first comes again: 2^24. */
export const ID_COUNT = 1 << 24;

/** The ID of a serial number: four readable characters, so that a trace can be read. */
export function idOf(serial: number): number {
  return CODES[serial >>> 18 & 63]! << 24 | CODES[serial >>> 12 & 63]! << 16 |
    CODES[serial >>> 6 & 63]! << 8 | CODES[serial & 63]!;
}

/** The serial number of an ID that {@linkcode idOf} made; any number for another ID. */
export function serialOf(id: number): number {
  return VALUES[id >>> 24]! << 18 | VALUES[id >>> 16 & 255]! << 12 |
    VALUES[id >>> 8 & 255]! << 6 | VALUES[id & 255]!;
}
