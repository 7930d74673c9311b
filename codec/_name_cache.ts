/**
 * Names that were read before, so that a name that comes again costs no decoding.
 *
 * @module
 */

import { decodeName, type Name } from "./name.ts";

/** How many names are kept at the most; a power of two. */
const ENTRIES = 64;
/** Longer names are rare and not kept, which bounds the memory to a few kilobytes. */
const LONGEST = 64;

/**
 * A direct-mapped cache of names: each name has one place, and the last one that came keeps it.
 *
 * Only names that are UTF-8 are kept, since those are immutable strings that can be shared.
 */
export class NameCache {
  /** Made with the first name: many connections never see one. */
  #bytes: (Uint8Array | undefined)[] | undefined;
  #names: string[] | undefined;

  /** The name that stands in these bytes. */
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
      // Not `slice`: that of a `Buffer` would be a view of bytes that change.
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
