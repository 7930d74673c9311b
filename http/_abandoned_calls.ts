/**
 * Calls that have ended before their handlers.
 *
 * @module
 */

import type { DrainOptions } from "../peer/mod.ts";

/** A call that has ended. */
interface EndedCall {
  /** How many of its handlers have not ended, although nothing awaits them. */
  readonly stats: { readonly abandoned: number };
  /** Waits for those of notifications. */
  drain(options: DrainOptions): Promise<void>;
}

/** The least number of calls that are looked through. */
const FEW = 16;

/**
 * Counts the handlers that calls leave behind: each call has a conversation of its
 * own, whose end says nothing of a handler that does not stop.
 */
export class AbandonedCalls {
  readonly #calls = new Set<EndedCall>();
  /** Number of calls at which those are removed whose handlers have ended. */
  #most = FEW;

  /** Adds a call that has ended. */
  add(call: EndedCall): void {
    this.#calls.add(call);
    if (this.#calls.size >= this.#most) this.#most = this.handlers * 2 + FEW;
  }

  /** Number of handlers that have not ended. */
  get handlers(): number {
    let handlers = 0;
    for (const call of this.#calls) {
      const { abandoned } = call.stats;
      if (abandoned === 0) this.#calls.delete(call);
      handlers += abandoned;
    }
    return handlers;
  }

  /** Waits until the handlers of notifications have ended, or the time has passed. */
  async drain(options: DrainOptions): Promise<void> {
    await Promise.all(Array.from(this.#calls, (call) => call.drain(options)));
  }

  /** Whether as many handlers as `most` have not ended. */
  reaches(most: number): boolean {
    return this.#calls.size > 0 && this.handlers >= most;
  }
}
