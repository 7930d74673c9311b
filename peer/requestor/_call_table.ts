/**
 * The calls of this side that wait for an answer.
 *
 * @module
 */

import { ID_COUNT, idOf, serialOf } from "./_request_ids.ts";

/** What a table holds: anything that knows its ID. */
export interface TableEntry {
  /** The request ID; set by the table. */
  id: number;
}

/**
 * Finds a call by its ID with one look into an array.
 *
 * IDs come from a counter, so none is used twice on a connection before 16 million others were; the
 * Go implementation ends its process when a stream's ID comes again. A counter whose place is still
 * taken by a long-lived call is passed over.
 */
export class CallTable<Entry extends TableEntry> {
  #places: (Entry | undefined)[] = new Array(8).fill(undefined);
  #size = 0;
  #next = 0;

  /** How many calls there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds a call and gives it an ID. */
  add(entry: Entry): void {
    if (this.#size * 2 >= this.#places.length) this.#grow();
    const mask = this.#places.length - 1;
    while (this.#places[this.#next & mask] !== undefined) this.#next++;
    entry.id = idOf(this.#next);
    this.#places[this.#next & mask] = entry;
    this.#next = (this.#next + 1) % ID_COUNT;
    this.#size++;
  }

  /** The call with this ID; `undefined` when there is none. */
  get(id: number): Entry | undefined {
    const entry = this.#places[serialOf(id) & (this.#places.length - 1)];
    return entry !== undefined && entry.id === id ? entry : undefined;
  }

  /** Removes a call. */
  delete(entry: Entry): void {
    const place = serialOf(entry.id) & (this.#places.length - 1);
    if (this.#places[place] !== entry) return;
    this.#places[place] = undefined;
    this.#size--;
  }

  /** The calls, in no particular order. */
  values(): Entry[] {
    return this.#places.filter((entry) => entry !== undefined);
  }

  #grow(): void {
    const entries = this.values();
    this.#places = new Array(this.#places.length * 2).fill(undefined);
    const mask = this.#places.length - 1;
    for (const entry of entries) {
      this.#places[serialOf(entry.id) & mask] = entry;
    }
  }
}
