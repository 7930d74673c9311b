/**
 * Parsing of JSON with many strings of digits.
 *
 * V8 keeps one copy of each short string of JSON, in a table, and places a
 * string of up to nine digits in it by its value. Strings that the remote side
 * chose to meet in few places make each search long: 75,000 of them, less than 1
 * MiB of JSON, stop the process for seconds. Longer strings are not kept in the
 * table, so where there are many, they are parsed with a mark in front.
 *
 * @module
 */

/** Strings of digits in one JSON up to which nothing is done: a search takes a fraction of a millisecond. */
const MOST = 256;

/** The shortest strings with their quotes and commas. */
const SMALLEST_JSON = MOST * 4;

/** Digits of the longest strings that are placed by their value. */
const MOST_DIGITS = 9;

const QUOTE = 0x22, BACKSLASH = 0x5c, COLON = 0x3a, TILDE = 0x7e;
/** `\u003`, before the last character of an escaped digit. */
const ESCAPED_DIGIT = [BACKSLASH, 0x75, 0x30, 0x30, 0x33];

/**
 * The mark: what begins with it has it because of {@linkcode markDigitStrings},
 * which also marks each string that may begin like it.
 */
const MARK = "~~~~~~~~~";
const MARK_BYTES: Uint8Array = new TextEncoder().encode(MARK);

/** An array or object of JSON. */
type Container = unknown[] | { [key: string]: unknown };

/**
 * Returns JSON with the mark in front of each string of digits, and of each that
 * begins with the mark's character or an escaped one; `undefined` if there are
 * few strings of digits.
 */
export function markDigitStrings(json: Uint8Array): Uint8Array | undefined {
  if (json.byteLength < SMALLEST_JSON) return undefined;
  let ofDigits = 0, count = 0;
  eachMarkedString(json, (_start, hasDigitsOnly) => {
    count++;
    if (hasDigitsOnly) ofDigits++;
  });
  if (ofDigits <= MOST) return undefined;
  const marked = new Uint8Array(json.byteLength + count * MARK.length);
  let copied = 0, length = 0;
  // Byte by byte, which is faster for a few of them.
  const copyTo = (end: number) => {
    while (copied < end) marked[length++] = json[copied++]!;
  };
  eachMarkedString(json, (start) => {
    copyTo(start);
    for (const byte of MARK_BYTES) marked[length++] = byte;
  });
  copyTo(json.byteLength);
  return marked;
}

/** Removes one mark from each string of a parsed value that has one. Changes the value. */
export function unmark(value: unknown): unknown {
  const root = [value];
  // Not by recursion: there may be no limit on depth.
  const pending: Container[] = [root];
  const unmarked = (child: unknown) => {
    if (typeof child === "string") {
      return child.startsWith(MARK) ? child.slice(MARK.length) : child;
    }
    if (typeof child === "object" && child !== null) {
      pending.push(child as Container);
    }
    return child;
  };
  for (let parent; (parent = pending.pop()) !== undefined;) {
    if (Array.isArray(parent)) {
      for (let at = 0; at < parent.length; at++) {
        parent[at] = unmarked(parent[at]);
      }
    } else {
      for (const key of Object.keys(parent)) {
        parent[key] = unmarked(parent[key]);
      }
    }
  }
  return root[0];
}

/** Returns what the message of an engine says of marked JSON, without its excerpt and position, which are of the marked JSON. */
export function unmarkMessage(message: string): string {
  return message.replace(/(?:, (?:\.{3})?"| in JSON at position ).*$/s, "");
}

/** Calls back with the start of each string to mark, which is no key, and whether it has digits only. */
function eachMarkedString(
  json: Uint8Array,
  found: (start: number, hasDigitsOnly: boolean) => void,
): void {
  const length = json.byteLength;
  for (let at = 0; at < length; at++) {
    if (json[at] !== QUOTE) continue;
    const start = at + 1;
    const first = json[start];
    at = endOfDigits(json, start);
    const hasDigitsOnly = at > start && json[at] === QUOTE;
    for (; at < length && json[at] !== QUOTE; at++) {
      if (json[at] === BACKSLASH) at++;
    }
    if (!hasDigitsOnly && first !== TILDE && first !== BACKSLASH) continue;
    if (!isKey(json, at + 1)) found(start, hasDigitsOnly);
  }
}

/** Returns the end of the digits at the beginning of a string, at most nine. */
function endOfDigits(json: Uint8Array, start: number): number {
  let at = start;
  for (let count = 0; count < MOST_DIGITS; count++) {
    const last = json[at] === BACKSLASH ? at + ESCAPED_DIGIT.length : at;
    if (!isDigit(json[last])) return at;
    if (last > at && ESCAPED_DIGIT.some((byte, n) => json[at + n] !== byte)) {
      return at;
    }
    at = last + 1;
  }
  return at;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** Whether a string is a key of an object, which is not kept as a string if it has digits only. */
function isKey(json: Uint8Array, end: number): boolean {
  let at = end;
  // Of white space, JSON has these four.
  while (
    json[at] === 0x20 || json[at] === 0x0a || json[at] === 0x0d ||
    json[at] === 0x09
  ) at++;
  return json[at] === COLON;
}
