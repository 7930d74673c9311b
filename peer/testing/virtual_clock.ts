/**
 * A clock that a test advances.
 *
 * @module
 */

import { turns } from "../../transport/turns.ts";
import type { Clock } from "../clock.ts";

/** The date at which virtual time starts: `65bb87c0` in a heartbeat. */
const START = Date.UTC(2024, 1, 1, 12);

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** A clock whose time advances only when a test advances it. */
export class VirtualClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now = 0;

  /** Number of scheduled timers. */
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

  /** Advances time by `milliseconds`. Fires each timer when it is due, and waits until that has been processed. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settled();
    for (let timer; (timer = this.#nextDue(end)) !== undefined;) {
      this.#now = Math.max(this.#now, timer.due);
      await this.#run(timer);
    }
    this.#now = end;
  }

  /** Simulates a process that is stalled for `milliseconds`: timers that are due meanwhile fire late. */
  async stall(milliseconds: number): Promise<void> {
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

/** Whether {@linkcode settled} waits until nobody waits for a turn. */
let waitsForTurns = true;

/**
 * Waits until every promise that can settle has settled. Turns are given by the
 * time of the machine, also under a virtual clock.
 */
export async function settled(): Promise<void> {
  do {
    // A peer lets callers see their answers for a round before it continues.
    for (let round = 0; round < 3; round++) await turns.round();
  } while (waitsForTurns && turns.waiting > 0);
}

/** Lets {@linkcode settled} return while peers wait for their turns, until it is disposed. */
export function betweenTurns(): Disposable {
  waitsForTurns = false;
  return { [Symbol.dispose]: () => void (waitsForTurns = true) };
}
