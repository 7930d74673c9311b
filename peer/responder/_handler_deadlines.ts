/**
 * The time that handlers may take.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import type { RequestContext } from "../context.ts";
import { Watchdog } from "../link/watchdog.ts";

interface Deadline {
  readonly due: number;
  readonly expired: () => void;
}

/** Calls back for each handler that has not ended within a timeout, which is the same for all. */
export class HandlerDeadlines {
  readonly #clock: Clock;
  readonly #timeout: number;
  /** The handlers, in the order in which they are due. */
  readonly #deadlines = new Map<RequestContext, Deadline>();
  /** Runs for the first of them. */
  readonly #timer: Watchdog;

  /** Creates an empty set of deadlines, `timeout` milliseconds after each start. */
  constructor(clock: Clock, timeout: number) {
    this.#clock = clock;
    this.#timeout = timeout;
    this.#timer = new Watchdog(clock, () => this.#look());
  }

  /** Starts the time of a handler. `expired` is called if it does not end before. */
  start(context: RequestContext, expired: () => void): void {
    const due = this.#clock.now() + this.#timeout;
    this.#deadlines.set(context, { due, expired });
    if (this.#deadlines.size === 1) this.#timer.reset(this.#timeout);
  }

  /** Ends the time of a handler. Does nothing if it has expired. */
  end(context: RequestContext): void {
    if (!this.#deadlines.delete(context)) return;
    if (this.#deadlines.size === 0) this.#timer.stop();
  }

  /** Ends the time of all handlers. */
  stop(): void {
    this.#deadlines.clear();
    this.#timer.stop();
  }

  #look(): void {
    const now = this.#clock.now();
    for (const [context, { due, expired }] of this.#deadlines) {
      if (due > now) return this.#timer.reset(due - now);
      this.#deadlines.delete(context);
      expired();
    }
  }
}
