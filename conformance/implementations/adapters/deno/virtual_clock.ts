/**
 * A clock that the runner advances.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Clock } from "@gotalk/gotalk/peer";

/** The date at which virtual time starts. */
const START = Date.UTC(2024, 1, 1, 12);

/** How many turns of the event loop it takes to read what a socket has received, and to react to it. */
const TURNS = 4;

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is advanced. */
export class VirtualClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now = 0;

  now(): number {
    return this.#now;
  }

  date(): number {
    return START + this.#now;
  }

  schedule(callback: () => void, delay: number): unknown {
    const timer = { due: this.#now + delay, callback };
    this.#timers.add(timer);
    return timer;
  }

  cancel(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  /** Advances time by `ms` milliseconds: runs the timers that fall due, each at its time, and what they cause. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await quiescent();
    for (let timer; (timer = this.#nextDue(end)) !== undefined;) {
      this.#now = Math.max(this.#now, timer.due);
      this.#timers.delete(timer);
      timer.callback();
      await quiescent();
    }
    this.#now = end;
  }

  #nextDue(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.due <= end && !(next && next.due <= timer.due)) next = timer;
    }
    return next;
  }
}

/** Waits until everything has happened that can happen without a change of time. */
async function quiescent(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}
