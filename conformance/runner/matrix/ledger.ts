/**
 * The cells of the matrix, and which cases fill them.
 *
 * @module
 */

import type { ValueClass } from "./classes.ts";

/** A cell: a class of values in one field of one kind, in one situation. */
export interface Cell {
  /** Its name: a path, from the suite to the class. */
  readonly name: string;
  /** The number of things that have to be seen in it. */
  readonly wanted: number;
  /** Those that no case shows. */
  readonly missing: readonly string[];
  /** The identifiers of the cases that show something of it, sorted. */
  readonly cases: readonly string[];
}

interface Entry {
  readonly keys: readonly string[];
  readonly seen: Set<string>;
  readonly cases: Set<string>;
}

/** Collects what cases show. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();

  /** Adds cells; what is shown of others is not recorded. */
  declare(row: string, classes: readonly Pick<ValueClass, "name" | "keys">[]) {
    for (const { name, keys } of classes) {
      this.#entries.set(`${row}/${name}`, {
        keys,
        seen: new Set(),
        cases: new Set(),
      });
    }
  }

  /** Adds cells that one case fills. */
  declareNames(row: string, names: readonly string[]): void {
    this.declare(row, names.map((name) => ({ name, keys: [name] })));
  }

  /** Records that a case shows something of a cell. */
  show(row: string, name: string, id: string, key: string = name): void {
    const entry = this.#entries.get(`${row}/${name}`);
    if (entry === undefined || !entry.keys.includes(key)) return;
    entry.seen.add(key);
    entry.cases.add(id);
  }

  /** Records what a value shows of some classes. */
  value(
    row: string,
    classes: readonly ValueClass[],
    bytes: Uint8Array,
    id: string,
  ): void {
    for (const { name, shows } of classes) {
      const entry = this.#entries.get(`${row}/${name}`);
      if (entry === undefined) continue;
      for (const key of shows(bytes)) {
        entry.seen.add(key);
        entry.cases.add(id);
      }
    }
  }

  /** All cells, in the order in which they were declared. */
  get cells(): Cell[] {
    return Array.from(this.#entries, ([name, { keys, seen, cases }]) => ({
      name,
      wanted: keys.length,
      missing: keys.filter((key) => !seen.has(key)),
      cases: [...cases].sort(),
    }));
  }
}
