/**
 * How long a requestor is to wait before it repeats a request.
 *
 * @module
 */

import type { ResponderLink } from "./responder_link.ts";

/** One of this number of handlers is timed: the clock takes as long as a small request. */
const HANDLERS_PER_SAMPLE = 16;

/** The weight of a new sample in the mean time of handlers. */
const WEIGHT = 1 / 4;

/** Requests wait longer than handlers need by at most this part, at random, once it is known what they need. */
const SPREAD = 1 / 4;

/** Refusals that have nothing to do with handlers wait this part of the longest wait at least. */
const LEAST_PART = 1 / 10;

/**
 * Calculates the waits of RetryResults for one kind of request, within
 * `overloadWait`, from how fast handlers finish.
 *
 * Each refused request is given the time at which a handler is likely to have
 * finished for it, behind those that were refused before, so that requestors
 * neither return in vain nor leave handlers idle.
 */
export class RetryWait {
  readonly #link: ResponderLink;
  /** Maximum number of handlers at once. */
  readonly #handlers: number;
  #started = 0;
  #finished = 0;
  /** When the handler began that is being timed; -1 if none is. */
  #sampleBegan = -1;
  /** The mean time of handlers; -1 before the first has finished. */
  #mean = -1;
  /** The time that the latest refused request was given. */
  #nextFree = 0;
  /** The number of finished handlers at an earlier refusal, and when it was so. */
  #finishedBefore = -1;
  #unchangedSince = 0;

  /** Creates the waits for a limit of `handlers` handlers. */
  constructor(link: ResponderLink, handlers: number) {
    this.#link = link;
    this.#handlers = handlers;
  }

  /** Records that a handler has begun. Returns whether it is timed. */
  begun(): boolean {
    if (this.#started++ % HANDLERS_PER_SAMPLE !== 0) return false;
    if (this.#sampleBegan >= 0) return false;
    this.#sampleBegan = this.#link.clock.now();
    return true;
  }

  /** Records that a handler has finished. */
  finished(isTimed: boolean): void {
    this.#finished++;
    if (!isTimed) return;
    const time = this.#link.clock.now() - this.#sampleBegan;
    this.#sampleBegan = -1;
    this.#mean = this.#mean < 0
      ? time
      : this.#mean + (time - this.#mean) * WEIGHT;
  }

  /** Returns the wait for a request that is refused because handlers run. */
  next(): number {
    const now = this.#link.clock.now();
    if (this.#finished !== this.#finishedBefore) {
      this.#finishedBefore = this.#finished;
      this.#unchangedSince = now;
    }
    const [min, max] = this.#link.limits.overloadWait;
    // Handlers that take longer than any before show in the time since one finished.
    const time = Math.max(
      this.#mean < 0 ? min : this.#mean,
      now - this.#unchangedSince,
      this.#sampleBegan < 0 ? 0 : now - this.#sampleBegan,
    );
    const isGuess = this.#mean < 0;
    // Requestors that return early learn more; those that return late lose time.
    const longest = isGuess ? Math.max(time, max * LEAST_PART) : max;
    const free = Math.max(this.#nextFree, now + time);
    this.#nextFree = Math.min(free + time / this.#handlers, now + longest);
    const wait = free - now;
    if (isGuess || wait > max / 2) return this.#within(wait, 2 * wait);
    // Each has a time of its own, so that chance need add little.
    return this.#within(wait, wait + Math.max(min, wait * SPREAD));
  }

  /** Returns the wait for a request that is refused for another reason. */
  other(): number {
    const [, max] = this.#link.limits.overloadWait;
    return this.#within(max * LEAST_PART, max);
  }

  /** Returns a random number of a range, as much of it as is within `overloadWait`; half of that, if the range is beyond it. */
  #within(from: number, to: number): number {
    const { limits: { overloadWait: [min, max] }, random } = this.#link;
    const least = Math.max(min, Math.min(from, max / 2));
    const most = Math.max(least, Math.min(to, max));
    return Math.round(least + random() * (most - least));
  }
}
