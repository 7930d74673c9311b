/**
 * Calls of a page that wait for a connection.
 *
 * @module
 */

import { quoteName } from "../codec/name.ts";
import type { CallOptions } from "../peer/call_options.ts";
import type { Clock } from "../peer/clock.ts";
import { closedError } from "../peer/requestor/result_errors.ts";
import { after, bound } from "./_clock.ts";
import { limitError, timeoutError } from "./_errors.ts";
import type { PageConnection } from "./_connection.ts";

/** A call that waits for a connection. */
interface Waiting {
  readonly start: (connection: PageConnection) => void;
  readonly fail: (error: unknown) => void;
}

/** How many calls may wait, and for how long. */
export interface WaitingLimits {
  readonly maxQueuedCalls: number;
  readonly maxQueuedCallBytes: number;
  readonly queueTimeout: number;
}

/** Keeps calls in order until there is a connection, or will be none. */
export class WaitingCalls {
  readonly #clock: Clock;
  readonly #limits: WaitingLimits;
  readonly #stopped: AbortSignal;
  readonly #failure: () => unknown;
  readonly #calls = new Set<Waiting>();
  #bytes = 0;

  /** `stopped` aborts when there will be no connection; `failure` returns why there is none. */
  constructor(
    clock: Clock,
    limits: WaitingLimits,
    stopped: AbortSignal,
    failure: () => unknown,
  ) {
    this.#clock = clock;
    this.#limits = limits;
    this.#stopped = stopped;
    this.#failure = failure;
  }

  /** Number of calls that wait. */
  get size(): number {
    return this.#calls.size;
  }

  /** Lets all calls proceed. */
  start(connection: PageConnection): void {
    for (const { start } of this.#calls) start(connection);
  }

  /** Fails all calls. */
  fail(reason: unknown): void {
    for (const { fail } of this.#calls) fail(reason);
  }

  /** Waits for a connection. Calls proceed in the order in which they were made. */
  wait(
    operation: string,
    bytes: number,
    { signal, timeout = Infinity }: CallOptions,
  ): Promise<PageConnection> {
    const { maxQueuedCalls, maxQueuedCallBytes, queueTimeout } = this.#limits;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const stopped = this.#stopped;
      if (stopped.aborted) {
        const error = closedError(operation, "not-sent", stopped.reason);
        // In a later turn: a loop that subscribes again must not block the page.
        return void after(this.#clock, 0, () => reject(error));
      }
      const isFull = this.#calls.size >= maxQueuedCalls;
      if (isFull || this.#bytes + bytes > maxQueuedCallBytes) {
        const code = isFull ? "maxQueuedCalls" : "maxQueuedCallBytes";
        return reject(limitError(`queue ${quoteName(operation)}`, code));
      }
      const leave = () => {
        this.#calls.delete(waiting);
        this.#bytes -= bytes;
        unbind();
      };
      const end = (error: unknown) => {
        leave();
        reject(error);
      };
      const waiting: Waiting = {
        start: (connection) => {
          leave();
          resolve(connection);
        },
        fail: (cause) => end(closedError(operation, "not-sent", cause)),
      };
      const unbind = bound(
        this.#clock,
        { signal, timeout: Math.min(timeout, queueTimeout) },
        end,
        () => {
          if (timeout > queueTimeout) return waiting.fail(this.#failure());
          end(
            timeoutError(operation, "no connection in time, it was not sent"),
          );
        },
      );
      this.#calls.add(waiting);
      this.#bytes += bytes;
    });
  }
}
