/**
 * A clock for tests.
 *
 * @module
 */

import { AssertionError } from "@std/assert";
import type { ChannelClock } from "../clock.ts";

/** A clock on which time passes only when the test advances it. */
export class TestClock implements ChannelClock {
  readonly #timers = new Map<number, { callback: () => void; due: number }>();
  #now = 0;
  #last = 0;

  /** The number of scheduled callbacks. */
  get pending(): number {
    return this.#timers.size;
  }

  schedule(callback: () => void, delay: number): number {
    this.#timers.set(++this.#last, { callback, due: this.#now + delay });
    return this.#last;
  }

  cancel(timer: unknown): void {
    this.#timers.delete(timer as number);
  }

  /** Lets `duration` milliseconds pass. */
  advance(duration: number): void {
    const end = this.#now + duration;
    for (let next; (next = this.#next()) !== undefined && next.due <= end;) {
      this.#now = next.due;
      this.#timers.delete(next.timer);
      next.callback();
    }
    this.#now = end;
  }

  /**
   * Lets time pass until some work is done, from timer to timer, whenever the
   * event loop has been quiet; fails if it takes longer than `limit` ms.
   */
  async runUntil(work: Promise<unknown>, limit: number): Promise<void> {
    const deadline = this.#now + limit;
    let done = false;
    const working = work.finally(() => done = true);
    while (!done) {
      await quietLoop(() => done);
      const next = this.#next();
      if (done || next === undefined) continue;
      if (next.due > deadline) {
        throw new AssertionError(`Not done after ${limit} ms`);
      }
      this.advance(next.due - this.#now);
    }
    await working;
  }

  /** The timer that is due first. */
  #next(): { timer: number; callback: () => void; due: number } | undefined {
    let first: { timer: number; callback: () => void; due: number } | undefined;
    for (const [timer, { callback, due }] of this.#timers) {
      if (first === undefined || due < first.due) {
        first = { timer, callback, due };
      }
    }
    return first;
  }
}

/** Waits for some rounds of the event loop, or until the work is done. */
async function quietLoop(isDone: () => boolean): Promise<void> {
  for (let round = 0; round < 10 && !isDone(); round++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
