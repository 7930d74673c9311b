/**
 * The log of one run of a case.
 *
 * @module
 */

import type { TraceEntry } from "../judging/report.ts";

/** The number of entries that are kept from the beginning and from the end. */
const KEPT = 500;

/** Records what happens, with times. Its size is limited, even in a flood. */
export class TraceLog {
  readonly #began = performance.now();
  readonly #first: TraceEntry[] = [];
  #last: TraceEntry[] = [];
  #dropped = 0;

  /** Adds an entry. */
  add(by: TraceEntry["by"], text: string): void {
    const at = Math.round((performance.now() - this.#began) * 10) / 10;
    const entry = { at, by, text };
    if (this.#first.length < KEPT) {
      this.#first.push(entry);
      return;
    }
    this.#last.push(entry);
    if (this.#last.length < 2 * KEPT) return;
    this.#dropped += KEPT;
    this.#last = this.#last.slice(KEPT);
  }

  /** The entries that are kept, in order. */
  get entries(): readonly TraceEntry[] {
    if (this.#dropped === 0) return [...this.#first, ...this.#last];
    return [
      ...this.#first,
      {
        at: this.#last[0]?.at ?? 0,
        by: "#",
        text: `${this.#dropped} lines are omitted`,
      },
      ...this.#last,
    ];
  }
}
