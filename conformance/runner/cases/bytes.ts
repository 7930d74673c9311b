/**
 * Converts the segments of the corpus to bytes and back.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Bytes, Segment } from "./case.ts";
import { quoteValue } from "../shorten.ts";

const utf8 = new TextEncoder();
const ascii = new TextDecoder();

/** Shorter runs of printable characters among other bytes are written as hex: they are hardly text. */
const SHORTEST_ASCII = 4;

/**
 * Returns the bytes that segments stand for.
 *
 * @param counter The number of the repetition in a flood, for counter segments.
 * @throws {TypeError} If something is not a segment.
 */
export function toBytes(bytes: Bytes, counter = 0): Uint8Array<ArrayBuffer> {
  if (typeof bytes === "string") return encoded(bytes);
  const [only] = bytes;
  if (bytes.length === 1 && only !== undefined) return segment(only, counter);
  const out = new Uint8Array(sizeOf(bytes));
  let at = 0;
  for (const part of bytes) {
    const piece = segment(part, counter);
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/** Returns the number of bytes that segments stand for, without creating them. */
export function sizeOf(bytes: Bytes): number {
  if (typeof bytes === "string") return bytes.length;
  let size = 0;
  for (const part of bytes) {
    if ("ascii" in part) size += part.ascii.length;
    else if ("hex" in part) size += part.hex.length / 2;
    else if ("repeat" in part) size += sizeOf(part.repeat) * part.times;
    else if ("pattern" in part) size += part.pattern;
    else if ("counter" in part) size += part.counter;
    // Its size is known only while the case runs.
    else if ("var" in part) continue;
    else size += segment(part, 0).length;
  }
  return size;
}

/** Returns bytes in the form of the corpus: as text if all are printable ASCII, else as segments. */
export function fromBytes(bytes: Uint8Array): Bytes {
  if (printableEnd(bytes, 0) === bytes.byteLength) return ascii.decode(bytes);
  const segments: Segment[] = [];
  let written = 0;
  let at = 0;
  while (at < bytes.byteLength) {
    const end = printableEnd(bytes, at);
    if (end - at < SHORTEST_ASCII) {
      at = end + 1;
      continue;
    }
    if (written < at) segments.push({ hex: bytes.slice(written, at).toHex() });
    segments.push({ ascii: ascii.decode(bytes.subarray(at, end)) });
    at = written = end;
  }
  if (written < at) segments.push({ hex: bytes.slice(written).toHex() });
  return segments;
}

/** Returns the end of the run of printable ASCII at a position. */
function printableEnd(bytes: Uint8Array, at: number): number {
  while (at < bytes.byteLength && bytes[at]! >= 0x20 && bytes[at]! <= 0x7e) {
    at++;
  }
  return at;
}

/** From how many bytes on a native comparison is faster. */
const LONG = 256;

/** Returns whether bytes are equal. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  if (a.length >= LONG) return Buffer.compare(a, b) === 0;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** Concatenates bytes. */
export function joinBytes(
  pieces: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(
    pieces.reduce((size, { length }) => size + length, 0),
  );
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/** How many bytes are shown by default. */
const SHOWN = 160;

/** Returns bytes on one line: printable ASCII as it is, all else as `\xNN`, and at most `shown` of them. */
export function showBytes(bytes: Uint8Array, shown: number = SHOWN): string {
  let text = "";
  for (const byte of bytes.subarray(0, shown)) {
    text += byte >= 0x20 && byte <= 0x7e && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return bytes.length > shown ? `${text}… (${bytes.length} bytes)` : text;
}

/** Up to how many characters a loop is faster than the encoder of the runtime. */
const SHORT = 64;

/** Returns the UTF-8 of text. */
function encoded(text: string): Uint8Array<ArrayBuffer> {
  if (text.length > SHORT) return utf8.encode(text);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) return utf8.encode(text);
    bytes[at] = code;
  }
  return bytes;
}

function segment(part: Segment, counter: number): Uint8Array<ArrayBuffer> {
  if ("ascii" in part) return encoded(part.ascii);
  if ("hex" in part) return fromHex(part.hex);
  if ("utf8" in part) return utf8.encode(part.utf8);
  if ("counter" in part) {
    return utf8.encode(counter.toString(16).padStart(part.counter, "0"));
  }
  if ("repeat" in part) return repeated(toBytes(part.repeat), part.times);
  if ("pattern" in part) return patterned(part);
  throw new TypeError(
    `Cannot read a segment: got ${
      quoteValue(part)
    }, wanted one of ascii, hex, utf8, repeat, pattern and counter`,
  );
}

/** The longest pattern of each seed that was made lately: shorter ones are its beginning. */
const made = new Map<string, Uint8Array<ArrayBuffer>>();

/** The number of patterns that are kept. */
const KEPT_PATTERNS = 16;

/** Returns the bytes of a pattern, which the caller must not change. */
function patterned(
  { pattern: size, seed = 1, letters }: Extract<Segment, { pattern: unknown }>,
): Uint8Array<ArrayBuffer> {
  const key = `${seed} ${letters}`;
  const longest = made.get(key);
  if (longest !== undefined && longest.length >= size) {
    return longest.subarray(0, size);
  }
  const bytes = new Uint8Array(size);
  let x = seed;
  for (let at = 0; at < size; at++) {
    x = (Math.imul(1664525, x) + 1013904223) >>> 0;
    bytes[at] = letters ? 0x61 + (x >>> 24) % 26 : x >>> 24;
  }
  made.delete(key);
  made.set(key, bytes);
  if (made.size > KEPT_PATTERNS) made.delete(made.keys().next().value!);
  return bytes;
}

function fromHex(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.fromHex(text);
  } catch (cause) {
    throw new TypeError(
      `Cannot read a segment: got hex ${
        quoteValue(text)
      }, wanted pairs of hexadecimal digits`,
      { cause },
    );
  }
}

function repeated(
  piece: Uint8Array<ArrayBuffer>,
  times: number,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(piece.length * times);
  out.set(piece.subarray(0, out.length));
  // Each copy doubles the filled part, so that a megabyte of one byte takes twenty copies.
  for (let done = piece.length; done < out.length; done *= 2) {
    out.copyWithin(done, 0, Math.min(done, out.length - done));
  }
  return out;
}
