/**
 * The log of one run of a case.
 *
 * @module
 */

import type { TraceEntry } from "../judging/report.ts";

/** The number of entries that are kept from the beginning and from the end. */
const KEPT = 500;

/** How many bytes the texts that are still to be made may keep in memory. */
const HELD = 256 * 1024;

/** A text, or what makes it: most runs pass, and their traces are not read. */
export type TraceText = string | (() => string);

interface Entry extends Omit<TraceEntry, "text"> {
  text: TraceText;
  /** The number of bytes that what makes the text keeps in memory. */
  readonly held: number;
}

/** Records what happens, with times. Its size is limited, even in a flood. */
export class TraceLog {
  readonly #began = performance.now();
  readonly #first: Entry[] = [];
  #last: Entry[] = [];
  #dropped = 0;
  /** The number of bytes that the entries keep in memory. */
  #held = 0;

  /**
   * Adds an entry.
   *
   * @param held The number of bytes that the function which makes the text keeps in memory.
   */
  add(by: TraceEntry["by"], text: TraceText, held = 0): void {
    const at = Math.round((performance.now() - this.#began) * 10) / 10;
    const isMade = typeof text === "string" || this.#held + held > HELD;
    const entry = isMade
      ? { at, by, text: typeof text === "string" ? text : text(), held: 0 }
      : { at, by, text, held };
    this.#held += entry.held;
    if (this.#first.length < KEPT) {
      this.#first.push(entry);
      return;
    }
    this.#last.push(entry);
    if (this.#last.length < 2 * KEPT) return;
    this.#dropped += KEPT;
    for (const each of this.#last.slice(0, KEPT)) this.#held -= each.held;
    this.#last = this.#last.slice(KEPT);
  }

  /** The entries that are kept, in order. */
  get entries(): readonly TraceEntry[] {
    const first = this.#first.map(written);
    const last = this.#last.map(written);
    if (this.#dropped === 0) return [...first, ...last];
    return [
      ...first,
      {
        at: last[0]?.at ?? 0,
        by: "#",
        text: `${this.#dropped} lines are omitted`,
      },
      ...last,
    ];
  }
}

/** Makes the text of an entry, once. */
function written(entry: Entry): TraceEntry {
  if (typeof entry.text !== "string") entry.text = entry.text();
  const { at, by, text } = entry;
  return { at, by, text };
}
