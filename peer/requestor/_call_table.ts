/**
 * Calls by request ID.
 *
 * @module
 */

/** An entry of a table: anything with a request ID. */
export interface TableEntry {
  /** The request ID; set by the table. */
  id: number;
}

/** The characters of a request ID, six bits each: readable, so that a recorded conversation is. */
const DIGITS =
  "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
const CODES = Uint8Array.from(DIGITS, (digit) => digit.charCodeAt(0));
const VALUES = new Uint8Array(256);
for (let value = 0; value < CODES.length; value++) {
  VALUES[CODES[value]!] = value;
}

/** Number of request IDs before the first one is used again: 2^24. */
export const ID_COUNT = 1 << 24;

/** Returns the request ID of a serial number. */
export function idOf(serial: number): number {
  return CODES[serial >>> 18 & 63]! << 24 | CODES[serial >>> 12 & 63]! << 16 |
    CODES[serial >>> 6 & 63]! << 8 | CODES[serial & 63]!;
}

/** Returns the serial number of a request ID that {@linkcode idOf} made; any number for another ID. */
export function serialOf(id: number): number {
  return VALUES[id >>> 24]! << 18 | VALUES[id >>> 16 & 255]! << 12 |
    VALUES[id >>> 8 & 255]! << 6 | VALUES[id & 255]!;
}

/**
 * Finds a call by its request ID with one array access.
 *
 * IDs come from a counter, so none is used twice on a connection within 16
 * million calls (stream/id-fresh): the Go implementation ends its process if
 * the ID of a stream is used again. A slot that is still taken by a long-lived
 * call is skipped (request/id-unique). The IDs of incoming requests are
 * unrelated (request/id-scope).
 */
export class CallTable<Entry extends TableEntry> {
  #slots: (Entry | undefined)[] = new Array(8).fill(undefined);
  #size = 0;
  #next = 0;

  /** Number of calls. */
  get size(): number {
    return this.#size;
  }

  /** Adds a call and assigns its ID. */
  add(entry: Entry): void {
    if (this.#size * 2 >= this.#slots.length) this.#grow();
    const mask = this.#slots.length - 1;
    while (this.#slots[this.#next & mask] !== undefined) this.#next++;
    entry.id = idOf(this.#next);
    this.#slots[this.#next & mask] = entry;
    this.#next = (this.#next + 1) % ID_COUNT;
    this.#size++;
  }

  /** Returns the call with an ID; `undefined` if there is none. */
  get(id: number): Entry | undefined {
    const entry = this.#slots[serialOf(id) & (this.#slots.length - 1)];
    return entry !== undefined && entry.id === id ? entry : undefined;
  }

  /** Removes a call. Returns whether the table had it. */
  delete(entry: Entry): boolean {
    const slot = serialOf(entry.id) & (this.#slots.length - 1);
    if (this.#slots[slot] !== entry) return false;
    this.#slots[slot] = undefined;
    this.#size--;
    return true;
  }

  /** Returns the calls, in no particular order. */
  values(): Entry[] {
    return this.#slots.filter((entry) => entry !== undefined);
  }

  #grow(): void {
    const entries = this.values();
    this.#slots = new Array(this.#slots.length * 2).fill(undefined);
    const mask = this.#slots.length - 1;
    for (const entry of entries) {
      this.#slots[serialOf(entry.id) & mask] = entry;
    }
  }
}
