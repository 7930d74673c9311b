/**
 * Calls over one connection after the other.
 *
 * @module
 */

import { nextTask } from "../../transport/turns.ts";
import type { CallOptions } from "../call_options.ts";
import type { Clock } from "../clock.ts";
import { isConnectionClosedError } from "../connection_closed_error.ts";
import type { Peer } from "../peer.ts";
import {
  noConnection,
  type OfflineQueue,
  type QueueOptions,
} from "./_offline_queue.ts";
import type { Reconnector } from "./_reconnector.ts";

/** Makes calls over the current connection or the next, and repeats those that may be. */
export class RepeatedCalls {
  readonly #clock: Clock;
  readonly #queue: OfflineQueue;
  readonly #reconnector: Reconnector;
  readonly #maxAttempts: number;

  constructor(
    clock: Clock,
    queue: OfflineQueue,
    reconnector: Reconnector,
    maxAttempts = 5,
  ) {
    this.#clock = clock;
    this.#queue = queue;
    this.#reconnector = reconnector;
    this.#maxAttempts = maxAttempts;
  }

  /** Does something over the current connection or the next, and again over another one if that is harmless. */
  async over<T>(
    operation: string,
    size: number,
    options: CallOptions,
    use: (peer: Peer, left: CallOptions) => T | Promise<T>,
  ): Promise<T> {
    const due = this.#clock.now() + (options.timeout ?? Infinity);
    let attempts = 0;
    /** Time spent without a connection. */
    let waited = 0;
    for (;;) {
      let used: Peer | undefined;
      const began = this.#clock.now();
      try {
        return await this.#whenConnected(operation, size, {
          ...options,
          timeout: this.#until(due),
          waited,
        }, (peer) => {
          used = peer;
          waited += this.#clock.now() - began;
          return use(peer, { ...options, timeout: this.#until(due) });
        });
      } catch (error) {
        if (
          used === undefined || !isConnectionClosedError(error) ||
          this.#reconnector.signal.aborted
        ) throw error;
        const isHarmless = error.outcome === "not-sent" ||
          options.idempotent === true && ++attempts < this.#maxAttempts;
        if (!isHarmless) throw error;
        this.#reconnector.retire(used);
      }
    }
  }

  #whenConnected<T>(
    operation: string,
    size: number,
    options: QueueOptions,
    use: (peer: Peer) => T | Promise<T>,
  ): Promise<T> {
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    const { peer, signal } = this.#reconnector;
    if (signal.aborted) return this.#refuse(operation, signal.reason);
    return peer !== undefined
      ? Promise.resolve(use(peer))
      : this.#queue.wait(operation, size, options, use);
  }

  /**
   * Fails a call for which there will be no connection: in another task, so that
   * a loop that calls again, like one around a subscription, cannot keep the
   * peer from closing, and the program from everything else.
   */
  async #refuse(operation: string, cause: unknown): Promise<never> {
    await nextTask();
    throw noConnection(operation, cause);
  }

  #until(due: number): number {
    return Math.max(0, due - this.#clock.now());
  }
}
