/**
 * A timeout that is reset frequently.
 *
 * @module
 */

import {
  ProtocolError,
  ProtocolErrorCode,
} from "../../codec/protocol_error.ts";
import type { Clock } from "../clock.ts";

/** A timer that fires this many milliseconds late shows that the process was stalled. */
const STALL = 1_000;

/**
 * Calls back when it has not been reset within its delay.
 *
 * A reset only records the new due time; the running timer is left alone and
 * looks again when it fires. A watchdog that every message resets therefore
 * costs no timer for each of them. If the process was stalled, because the
 * machine slept or the program was busy, the timer fires before the data that
 * arrived meanwhile is read; the watchdog then waits once more before it
 * expires.
 */
export class Watchdog {
  readonly #clock: Clock;
  readonly #expired: () => void;
  #due = Infinity;
  #timer: unknown;
  /** The time for which the timer is set. */
  #timerDue = Infinity;
  /** Whether it has waited once more since the last reset. */
  #extended = false;

  /** Creates a stopped watchdog that calls `expired`. */
  constructor(clock: Clock, expired: () => void) {
    this.#clock = clock;
    this.#expired = expired;
  }

  /** Restarts it: it expires after `delay` milliseconds; never, if `Infinity`. */
  reset(delay: number): void {
    this.#due = this.#clock.now() + delay;
    this.#extended = false;
    if (this.#due >= this.#timerDue || delay === Infinity) return;
    this.#clock.cancel(this.#timer);
    this.#schedule();
  }

  /** The time that is left, in milliseconds; `Infinity` while it is suspended. */
  get left(): number {
    return this.#due === Infinity ? Infinity : this.#due - this.#clock.now();
  }

  /** Suspends it until the next reset. Keeps the timer, which makes the next reset cheap. */
  suspend(): void {
    this.#due = Infinity;
  }

  /** Suspends it and cancels the timer. */
  stop(): void {
    this.#due = Infinity;
    this.#timerDue = Infinity;
    this.#clock.cancel(this.#timer);
  }

  #schedule(): void {
    this.#timerDue = this.#due;
    this.#timer = this.#clock.schedule(
      () => this.#fire(),
      Math.max(0, this.#due - this.#clock.now()),
    );
  }

  #fire(): void {
    const now = this.#clock.now();
    const stalled = now - this.#timerDue > STALL;
    this.#timerDue = Infinity;
    if (this.#due === Infinity) return;
    if (now < this.#due) return this.#schedule();
    if (stalled && !this.#extended) {
      this.#extended = true;
      this.#due = now + STALL;
      return this.#schedule();
    }
    this.#due = Infinity;
    this.#expired();
  }
}

/** Creates the error with which a timeout ends a conversation: protocol code 3. */
export function timeoutError(what: string): ProtocolError {
  return new ProtocolError(`Cannot continue the conversation: ${what}`, {
    code: ProtocolErrorCode.timeout,
    reason: "timeout",
  });
}
