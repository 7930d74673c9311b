/**
 * The classes of values that can go wrong, for each form of a field.
 *
 * A class lists what has to be seen for it to be covered: usually one thing, for some classes many, such as
 * each value of a byte.
 *
 * @module
 */

import {
  around,
  HUGE_EXPONENTS,
  LARGE_SIZES,
  NAME_SIZES,
  SMALL_SIZES,
} from "./sizes.ts";

/** A class of values. */
export interface ValueClass {
  /** Its name, a component of the name of a cell. */
  readonly name: string;
  /** All that has to be seen. */
  readonly keys: readonly string[];
  /** Returns which of the keys a value shows. */
  readonly shows: (bytes: Uint8Array) => readonly string[];
}

/** In so many bytes of a pattern there is each byte. */
const MUCH = 4096;

/** The characters with which each length of UTF-8 begins and ends, and those around the surrogates. */
export const UTF8_BORDERS = {
  1: [0x01, 0x7f],
  2: [0x80, 0x7ff],
  3: [0x800, 0xd7ff, 0xe000, 0xfeff, 0xfffd, 0xffff],
  4: [0x10000, 0x1f600, 0x10ffff],
} as const satisfies Readonly<Record<number, readonly number[]>>;

const EVERY_BYTE = Array.from({ length: 256 }, (_, byte) => `${byte}`);

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** How long a value is whose content must differ from block to block. */
const LEAST_VARIED = 64;

/** The blocks of which no two may be equal, in bytes. */
const BLOCK = 16;

/** Reports whether no two blocks of a value are equal, so that a comparison finds a block that is out of place. */
export function isVaried(bytes: Uint8Array): boolean {
  if (bytes.length < LEAST_VARIED) return true;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const seen = new Set<bigint>();
  const blocks = Math.floor(bytes.length / BLOCK);
  for (let at = 0; at < blocks; at++) {
    seen.add(view.getBigUint64(at * BLOCK));
  }
  return seen.size === blocks;
}

function once(
  name: string,
  is: (bytes: Uint8Array) => boolean,
): ValueClass {
  return { name, keys: [name], shows: (bytes) => is(bytes) ? [name] : [] };
}

function sized(size: number): ValueClass {
  return once(
    `size-${size}`,
    (bytes) => bytes.length === size && isVaried(bytes),
  );
}

function text(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function isBetween(size: number, exponent: number): boolean {
  const sizes: readonly number[] = around(exponent);
  return sizes.includes(size);
}

const utf8Classes = Object.entries(UTF8_BORDERS).map((
  [length, points],
): ValueClass => ({
  name: `utf8-${length}`,
  keys: points.map(String),
  shows: (bytes) => {
    const found = text(bytes.subarray(0, 4096));
    return found === undefined
      ? []
      : points.filter((point) => found.includes(String.fromCodePoint(point)))
        .map(String);
  },
}));

const everyByte: ValueClass = {
  name: "every-byte",
  keys: EVERY_BYTE,
  shows: (bytes) => [...new Set(bytes.subarray(0, MUCH))].map(String),
};

/** The classes of request IDs of some bytes. */
export function idClasses(size: number): readonly ValueClass[] {
  const places = Array.from({ length: size }, (_, at) => at);
  return [
    everyByte,
    ...places.map((at) =>
      once(`high-bit-at-${at}`, (bytes) => (bytes[at] ?? 0) >= 0x80)
    ),
    ...places.map((at) => once(`nul-at-${at}`, (bytes) => bytes[at] === 0)),
    once("all-equal", (bytes) => new Set(bytes).size === 1),
  ];
}

/** The classes of names. */
export const NAME_CLASSES: readonly ValueClass[] = [
  ...NAME_SIZES.map(sized),
  ...utf8Classes,
  everyByte,
  once("not-utf8", (bytes) => text(bytes) === undefined),
];

/** The classes of payloads up to 64 KiB. */
export const PAYLOAD_CLASSES: readonly ValueClass[] = [
  ...[...SMALL_SIZES, ...LARGE_SIZES].map(sized),
  ...utf8Classes,
  everyByte,
];

/** The classes of payloads above 64 KiB: one of the sizes around each power of two. */
export const HUGE_CLASSES: readonly ValueClass[] = HUGE_EXPONENTS.map((
  exponent,
) =>
  once(
    `around-${2 ** exponent}`,
    (bytes) => isBetween(bytes.length, exponent) && isVaried(bytes),
  )
);

/** The class of all of these: one payload above 64 KiB. */
export const ANY_HUGE: ValueClass = once(
  "above-65537",
  (bytes) => HUGE_CLASSES.some(({ shows }) => shows(bytes).length > 0),
);

const DIGITS = [..."0123456789abcdef"];

/** The classes of a number of some digits: each digit in each place, and the borders of signed numbers. */
export function numberClasses(digits: number): readonly ValueClass[] {
  const largest = 16 ** digits - 1;
  const half = (largest + 1) / 2;
  const borders = { zero: 0, largest, "half-1": half - 1, half };
  return [
    ...Array.from({ length: digits }, (_, at): ValueClass => ({
      name: `every-digit-at-${at}`,
      keys: DIGITS,
      shows: (bytes) => [...textOfNumber(bytes, digits)].slice(at, at + 1),
    })),
    ...Object.entries(borders).map(([name, value]) =>
      once(name, (bytes) => Number(textOfAscii(bytes)) === value)
    ),
  ];
}

/** Returns a number in the form in which {@linkcode numberClasses} reads it. */
export function numberBytes(value: number): Uint8Array {
  return new TextEncoder().encode(String(value));
}

function textOfAscii(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function textOfNumber(bytes: Uint8Array, digits: number): string {
  return Number(textOfAscii(bytes)).toString(16).padStart(digits, "0");
}

/** The bytes that are no digits, each near one in some way. */
export const NO_DIGITS = {
  slash: "/",
  colon: ":",
  "at-sign": "@",
  "upper-g": "G",
  backtick: "`",
  "lower-g": "g",
  space: " ",
  plus: "+",
  minus: "-",
  underscore: "_",
  x: "x",
  nul: "\x00",
  newline: "\n",
  "high-bit": "\xb0",
  control: "\x11",
} as const satisfies Readonly<Record<string, string>>;
