/**
 * A cache of names, so that a name that is repeated is decoded once.
 *
 * @module
 */

import { decodeName, type Name } from "./name.ts";

/**
 * The number of names that are kept, a power of two. Without a cache, the bench
 * "decode 1,000 small requests" takes eight times as long.
 */
const ENTRIES = 64;
/**
 * The longest name that is kept, in bytes. Together with the number of names it
 * bounds the memory of a decoder, whatever names a peer sends.
 */
const LONGEST = 64;

/**
 * A direct-mapped cache of names: each name has one place, and the latest one
 * keeps it.
 *
 * It keeps only names that are UTF-8: strings are immutable and can be shared.
 */
export class NameCache {
  /** Created with the first name: many connections never receive one. */
  #bytes: (Uint8Array | undefined)[] | undefined;
  #names: string[] | undefined;

  /** Returns the name that these bytes are. */
  get(bytes: Uint8Array, at: number, length: number): Name {
    if (length === 0) return "";
    const place = (length * 7 + bytes[at]! * 31 + bytes[at + length - 1]!) %
      ENTRIES;
    const known = this.#bytes?.[place];
    if (
      known !== undefined && known.byteLength === length &&
      sameBytes(known, bytes, at)
    ) {
      return this.#names![place]!;
    }
    const read = bytes.subarray(at, at + length);
    const name = decodeName(read);
    if (length <= LONGEST && typeof name === "string") {
      this.#bytes ??= new Array(ENTRIES).fill(undefined);
      this.#names ??= new Array(ENTRIES).fill("");
      // Not `slice`: that of a Node.js `Buffer` is a view of bytes that change.
      this.#bytes[place] = new Uint8Array(read);
      this.#names[place] = name;
    }
    return name;
  }
}

function sameBytes(known: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let index = 0; index < known.byteLength; index++) {
    if (known[index] !== bytes[at + index]) return false;
  }
  return true;
}
