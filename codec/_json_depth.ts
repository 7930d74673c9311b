/**
 * The depth of JSON, without parsing it.
 *
 * @module
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `{` and, with this bit set, `[`; `}` and `]` likewise. */
const BRACKET_BIT = 0x20;
const OPENING = 0x7b;
const CLOSING = 0x7d;

/**
 * Returns the offset of the first array or object that is nested deeper than
 * `maxDepth`; -1 if there is none.
 *
 * In bytes that are not JSON, it finds any that a parser reaches before its
 * first error.
 */
export function tooDeepOffset(json: Uint8Array, maxDepth: number): number {
  if (!hasMoreBrackets(json, maxDepth)) return -1;
  const length = json.byteLength;
  let depth = 0;
  for (let at = 0; at < length; at++) {
    const byte = json[at]!;
    if (byte === QUOTE) {
      for (at++; at < length && json[at] !== QUOTE; at++) {
        if (json[at] === BACKSLASH) at++;
      }
      continue;
    }
    const bracket = byte | BRACKET_BIT;
    if (bracket === OPENING) {
      if (++depth > maxDepth) return at;
    } else if (bracket === CLOSING) depth--;
  }
  return -1;
}

/**
 * Returns whether there are more opening brackets than `count`, those in
 * strings included: most payloads have fewer, and this takes a fraction of the
 * time (`codec_bench.ts`, "JSON").
 */
function hasMoreBrackets(json: Uint8Array, count: number): boolean {
  const length = json.byteLength;
  if (length <= count) return false;
  let brackets = 0;
  for (let at = 0; at < length; at++) {
    if ((json[at]! | BRACKET_BIT) === OPENING && ++brackets > count) {
      return true;
    }
  }
  return false;
}
