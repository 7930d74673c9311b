/**
 * How long to wait before a worker is replaced.
 *
 * @module
 */

/** The first delay behind a replacement that failed soon, in milliseconds. */
const FIRST = 100;

/** The longest delay, and how long replacements must have served for the next to be at once. */
const LONGEST = 10_000;

/** Doubles the delay as long as replacements fail soon. */
export class ReplacementDelay {
  #last = 0;
  /** When the last replacement started, or will. */
  #replacedAt = -Infinity;

  /** Returns the delay for a worker that has failed now, in milliseconds. */
  next(now: number): number {
    const hasServed = now - this.#replacedAt > LONGEST;
    this.#last = hasServed
      ? 0
      : Math.min(Math.max(FIRST, this.#last * 2), LONGEST);
    this.#replacedAt = now + this.#last;
    return this.#last;
  }
}
