/**
 * Runs that failed, each of which may be why the implementation exits a moment
 * later.
 *
 * @module
 */

import type { CaseRun } from "../cases/expand.ts";
import type { Outcome } from "./execution.ts";

/** A case that failed within this time before the implementation exited may be the cause, in milliseconds. */
const SUSPECT_TIME = 1_000;

/** How many of the runs that failed just before an exit are repeated, besides those in progress. */
const MOST = 16;

/** A run, and when it began or failed, on the clock of `performance`. */
export interface TimedRun {
  readonly run: CaseRun;
  readonly at: number;
}

/** The outcomes that wait until they can no longer be the cause of an exit. */
export class Suspects {
  readonly #done: (outcome: Outcome) => void;
  #waiting: { readonly outcome: Outcome; readonly at: number }[] = [];

  /** Creates an empty list; what is not the cause of an exit is `done`. */
  constructor(done: (outcome: Outcome) => void) {
    this.#done = done;
  }

  /** Whether there are none. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Adds an outcome that has just been found. */
  add(outcome: Outcome): void {
    this.#waiting.push({ outcome, at: performance.now() });
  }

  /**
   * Lets go of the outcomes that were found long enough before a time, and before the implementation last
   * responded: one that is stuck for a while makes other runs fail.
   */
  settle(before: number, respondedAt: number): void {
    const isOld = ({ at }: { readonly at: number }) =>
      before - at > SUSPECT_TIME && at < respondedAt;
    for (const { outcome } of this.#waiting.filter(isOld)) this.#done(outcome);
    this.#waiting = this.#waiting.filter((each) => !isOld(each));
  }

  /** Removes and returns the latest ones, whose runs have to be repeated, and lets go of the others. */
  take(): TimedRun[] {
    const sorted = this.#waiting.sort((a, b) => a.at - b.at);
    this.#waiting = [];
    const first = Math.max(0, sorted.length - MOST);
    for (const { outcome } of sorted.slice(0, first)) this.#done(outcome);
    return sorted.slice(first)
      .map(({ outcome: { run }, at }) => ({ run, at }));
  }
}
