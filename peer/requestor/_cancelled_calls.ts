/**
 * Calls that were cancelled, and whose answers are outstanding.
 *
 * @module
 */

import type { Link } from "../link/link.ts";
import { Watchdog } from "../link/watchdog.ts";

/**
 * Time within which a remote peer that knows cancels answers the first one, in
 * milliseconds. One that is slower is taken for one that does not know them,
 * until it answers one.
 */
const FIRST_ANSWER = 1_000;

/**
 * Time for which a call keeps its place while a remote peer that knows cancels
 * does not answer, in milliseconds: it may not have read the cancel yet, but it
 * must not take up all places.
 */
const ANSWER = 10_000;

/** A call, as this set sees it. */
export interface CancelledCall {
  id: number;
  /** Ends the request's data, if nothing else shows the remote peer that the answer is not wanted. */
  endData(): void;
}

/**
 * Sends cancels, and keeps the calls whose answers they complete.
 *
 * The remote peer answers a cancel at once, but has stopped the handler no
 * sooner than it has read it. Until the answer has arrived, or is overdue, the
 * call keeps its place among those in flight, so that the request behind it is
 * not refused. A
 * remote peer that does not know cancels owes no answer, so that places are not
 * kept for it, and the data of streams is ended as in version 1.
 */
export class CancelledCalls<Call extends CancelledCall> {
  readonly #link: Link;
  readonly #unanswered: (call: Call) => void;
  /** When each of the calls was cancelled, the oldest first. */
  readonly #calls = new Map<Call, number>();
  /** Runs while answers are awaited. */
  readonly #overdue: Watchdog;

  /** Creates an empty set. `unanswered` is called for each call that does not keep its place any longer. */
  constructor(link: Link, unanswered: (call: Call) => void) {
    this.#link = link;
    this.#unanswered = unanswered;
    this.#overdue = new Watchdog(link.clock, () => {
      if (link.extensions?.knowsCancels) this.#release();
      else this.#notKnown();
    });
  }

  /** Number of calls that keep their places. */
  get size(): number {
    return this.#calls.size;
  }

  /** Cancels a call. Returns whether it keeps its place until {@linkcode answered}, or `unanswered`. */
  cancel(call: Call, reason: string): boolean {
    const { extensions } = this.#link;
    if (extensions === undefined) return false;
    extensions.sendCancel(call.id, reason);
    if (extensions.knowsCancels === false) return false;
    if (this.#calls.size === 0) {
      this.#overdue.reset(extensions.knowsCancels ? ANSWER : FIRST_ANSWER);
    }
    this.#calls.set(call, this.#link.clock.now());
    return true;
  }

  /** Removes a call whose answer is complete. Returns whether it had kept its place. */
  answered(call: Call): boolean {
    if (!this.#calls.delete(call)) return false;
    if (this.#calls.size === 0) this.#overdue.stop();
    return true;
  }

  /** Removes a call whose answer is awaited no longer. Returns whether it had kept its place. */
  forget(call: Call): boolean {
    if (!this.answered(call)) return false;
    // It can no longer show whether the remote peer knows cancels.
    if (!this.#link.extensions?.knowsCancels) call.endData();
    return true;
  }

  /** Forgets all: the connection has ended. Returns those that had kept their places. */
  connectionClosed(): Call[] {
    this.#overdue.stop();
    const calls = [...this.#calls.keys()];
    this.#calls.clear();
    return calls;
  }

  /** Lets calls leave their places whose answers are overdue. */
  #release(): void {
    const now = this.#link.clock.now();
    for (const [call, since] of this.#calls) {
      const left = since + ANSWER - now;
      if (left > 0) return this.#overdue.reset(left);
      this.#calls.delete(call);
      this.#unanswered(call);
    }
  }

  #notKnown(): void {
    const { extensions } = this.#link;
    if (extensions === undefined) return;
    extensions.knowsCancels = false;
    const calls = [...this.#calls.keys()];
    this.#calls.clear();
    for (const call of calls) {
      call.endData();
      this.#unanswered(call);
    }
  }
}
