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
  const length = json.byteLength;
  // Too short for so many brackets: most payloads are (codec_bench.ts, "JSON").
  if (length <= maxDepth) return -1;
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
