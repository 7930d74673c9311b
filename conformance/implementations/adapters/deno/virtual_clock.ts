/**
 * Time that goes by when the runner says so.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Clock } from "@gotalk/gotalk/peer";

/** The date on which virtual time begins. */
const START = Date.UTC(2024, 1, 1, 12);

/** What has come in on a socket takes a turn of the event loop to be read, and what follows from it some more. */
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

  /** Lets so many milliseconds go by: runs the timers that fall due, each at its moment, and what follows from it. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (let timer; (timer = this.#nextDue(end)) !== undefined;) {
      this.#now = Math.max(this.#now, timer.due);
      this.#timers.delete(timer);
      timer.callback();
      await settled();
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

/** Waits until what can happen without time going by has happened. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}
