/**
 * The depth of JSON and the number of its different keys, without parsing it.
 *
 * @module
 */

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
/** FNV-1a. */
const HASH_PRIME = 0x01000193;
/** The start of each hash, which nobody can know; drawn on first use, since some platforms refuse to draw while they load. */
let drawnSeed: number | undefined;
/** The least number of bytes that a key takes, with its value and a separator: `"":0,`. */
const SHORTEST_KEY = 5;
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
      at = endOfString(json, at);
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
 * Returns the offset of the colon behind the first key after `maxKeys` different
 * ones; -1 if there are no more. A key counts again where it follows other keys
 * of its object: the engine keeps a description of each sequence of keys, which
 * takes it ten times as long as a value of a known one.
 *
 * In bytes that are not JSON, it finds any that a parser reaches before its
 * first error.
 */
export function tooManyKeysOffset(json: Uint8Array, maxKeys: number): number {
  const length = json.byteLength;
  if (length <= maxKeys * SHORTEST_KEY || !hasMoreColons(json, maxKeys)) {
    return -1;
  }
  const sequences = new HashSet(maxKeys);
  const seed = drawnSeed ??= (Math.random() * 2 ** 32) | 0;
  /** The hashes of the keys so far of all objects that are open. */
  const open = [seed];
  let keyStart = 0;
  let keyEnd = 0;
  for (let at = 0; at < length; at++) {
    const byte = json[at]!;
    const bracket = byte | BRACKET_BIT;
    if (byte === QUOTE) {
      keyStart = at + 1;
      keyEnd = at = endOfString(json, at);
    } else if (byte === COLON) {
      let hash = open[open.length - 1]!;
      for (let key = keyStart; key <= keyEnd; key++) {
        hash = Math.imul(hash ^ json[key]!, HASH_PRIME);
      }
      open[open.length - 1] = hash;
      if (sequences.add(hash) && sequences.size > maxKeys) return at;
    } else if (bracket === OPENING) open.push(seed);
    else if (bracket === CLOSING && open.length > 1) open.pop();
  }
  return -1;
}

/** A set of hashes, each of 32 bits. */
class HashSet {
  readonly #slots: Uint32Array;
  size = 0;

  /** Creates a set that {@linkcode add} may fill with `most` hashes and one more. */
  constructor(most: number) {
    this.#slots = new Uint32Array(2 ** (Math.ceil(Math.log2(most + 2)) + 1));
  }

  /** Adds a hash; returns whether it is new. */
  add(hash: number): boolean {
    const slots = this.#slots;
    const mask = slots.length - 1;
    // 0 is a free slot.
    const wanted = hash >>> 0 || 1;
    let at = (wanted ^ wanted >>> 15) & mask;
    for (; slots[at] !== 0; at = (at + 1) & mask) {
      if (slots[at] === wanted) return false;
    }
    slots[at] = wanted;
    this.size++;
    return true;
  }
}

/** Returns the offset of the quote that ends a string; one beyond the end if there is none. */
function endOfString(json: Uint8Array, start: number): number {
  const length = json.byteLength;
  let at = start + 1;
  for (; at < length && json[at] !== QUOTE; at++) {
    if (json[at] === BACKSLASH) at++;
  }
  return at;
}

/** Returns whether there are more colons than `count`, those in strings included. */
function hasMoreColons(json: Uint8Array, count: number): boolean {
  let colons = 0;
  for (let at = 0; at < json.byteLength; at++) {
    if (json[at] === COLON && ++colons > count) return true;
  }
  return false;
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
