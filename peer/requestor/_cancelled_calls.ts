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
 * sooner than it has read it. Until the answer has arrived, the call keeps its
 * place among those in flight, so that the request behind it is not refused. A
 * remote peer that does not know cancels owes no answer, so that places are not
 * kept for it, and the data of streams is ended as in version 1.
 */
export class CancelledCalls<Call extends CancelledCall> {
  readonly #link: Link;
  readonly #unanswered: (call: Call) => void;
  readonly #calls = new Set<Call>();
  /** Runs from the first cancel until it is known whether the remote peer knows them. */
  readonly #first: Watchdog;

  /** Creates an empty set. `unanswered` is called for each call that does not keep its place any longer. */
  constructor(link: Link, unanswered: (call: Call) => void) {
    this.#link = link;
    this.#unanswered = unanswered;
    this.#first = new Watchdog(link.clock, () => this.#notKnown());
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
    if (extensions.knowsCancels === undefined && this.#calls.size === 0) {
      this.#first.reset(FIRST_ANSWER);
    }
    this.#calls.add(call);
    return true;
  }

  /** Removes a call whose answer is complete. Returns whether it had kept its place. */
  answered(call: Call): boolean {
    if (!this.#calls.delete(call)) return false;
    if (this.#calls.size === 0) this.#first.stop();
    return true;
  }

  /** The connection has ended: no answer arrives any more. The calls still count, since they are not pending. */
  connectionClosed(): void {
    this.#first.stop();
  }

  #notKnown(): void {
    const { extensions } = this.#link;
    if (extensions === undefined || extensions.knowsCancels) return;
    extensions.knowsCancels = false;
    const calls = [...this.#calls];
    this.#calls.clear();
    for (const call of calls) {
      call.endData();
      this.#unanswered(call);
    }
  }
}
