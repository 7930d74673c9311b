/**
 * Time that goes by when a test says so.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Clock } from "../clock.ts";

/** The date on which virtual time begins: `65bb87c0` in a heartbeat. */
const START = Date.UTC(2024, 1, 1, 12);

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is advanced. */
export class VirtualClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now = 0;

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size;
  }

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
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settled();
    for (let timer; (timer = this.#nextDue(end)) !== undefined;) {
      this.#now = Math.max(this.#now, timer.due);
      await this.#run(timer);
    }
    this.#now = end;
  }

  /** Lets so many milliseconds go by in which nothing could run: the timers that fell due in them run late. */
  async oversleep(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
    for (let timer; (timer = this.#nextDue(this.#now)) !== undefined;) {
      await this.#run(timer);
    }
  }

  async #run(timer: Timer): Promise<void> {
    this.#timers.delete(timer);
    timer.callback();
    await settled();
  }

  #nextDue(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.due <= end && !(next && next.due <= timer.due)) next = timer;
    }
    return next;
  }
}

/** Waits until nothing is left to do: every promise that could settle has. */
export function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
