/**
 * Calls that wait for a connection.
 *
 * @module
 */

import { attempt } from "../../quoting/attempt.ts";
import { LimitError, quoteName } from "../../codec/mod.ts";
import { onSharedAbort } from "../shared_abort.ts";
import type { CallOptions } from "../call_options.ts";
import type { Clock } from "../clock.ts";
import { ConnectionClosedError } from "../connection_closed_error.ts";
import type { Peer } from "../peer.ts";
import type { ReconnectOptions } from "./reconnect_options.ts";

/** The options of a call, and the time that it has waited before, in milliseconds. */
export interface QueueOptions extends CallOptions {
  readonly waited: number;
}

interface QueuedCall {
  readonly start: (peer: Peer) => void;
  readonly fail: (cause: unknown) => void;
}

/** Keeps calls in order, within limits, until there is a connection or it is certain that there will be none. */
export class OfflineQueue {
  readonly #clock: Clock;
  readonly #maxCalls: number;
  readonly #maxBytes: number;
  readonly #maxWait: number;
  readonly #failure: () => unknown;
  readonly #context: () => (run: () => void) => void;
  readonly #calls = new Set<QueuedCall>();
  #bytes = 0;

  /**
   * Creates an empty queue. `failure` returns why there is no connection, and
   * `context` what runs a call in the context in which it was made.
   */
  constructor(
    clock: Clock,
    {
      maxQueuedCalls = 100,
      maxQueuedCallBytes = 1024 * 1024,
      queueTimeout = 30_000,
    }: ReconnectOptions,
    failure: () => unknown,
    context: () => (run: () => void) => void,
  ) {
    this.#clock = clock;
    this.#failure = failure;
    this.#context = context;
    this.#maxCalls = maxQueuedCalls;
    this.#maxBytes = maxQueuedCallBytes;
    this.#maxWait = queueTimeout;
  }

  /** Number of queued calls. */
  get size(): number {
    return this.#calls.size;
  }

  /**
   * Waits for a connection, and returns what `use` returns for its peer. `use`
   * runs as soon as there is a peer, so calls are sent in the order in which
   * they were queued, and before later ones.
   */
  wait<T>(
    operation: string,
    bytes: number,
    { signal, timeout = Infinity, waited }: QueueOptions,
    use: (peer: Peer) => T | Promise<T>,
  ): Promise<T> {
    const full = this.#full(operation, bytes);
    if (full !== undefined) return Promise.reject(full);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const leave = () => {
      this.#calls.delete(call);
      this.#bytes -= bytes;
      this.#clock.cancel(timer);
      removeAbort();
    };
    const end = (error: unknown) => {
      leave();
      reject(error);
    };
    const inContext = this.#context();
    const call: QueuedCall = {
      start: (peer) => {
        leave();
        // What a call throws must not end the start of the others.
        inContext(() => resolve(attempt(use, peer)));
      },
      fail: (cause) => end(noConnection(operation, cause)),
    };
    const maxWait = this.#maxWait - waited;
    const delay = Math.min(timeout, maxWait);
    const timer = delay === Infinity ? undefined : this.#clock.schedule(() => {
      const cause = this.#failure();
      end(
        timeout <= maxWait
          ? timedOut(operation, timeout, cause)
          : waitedTooLong(operation, this.#maxWait, cause),
      );
    }, delay);
    this.#calls.add(call);
    this.#bytes += bytes;
    let removeAbort = () => {}; // `end` may run at once.
    removeAbort = onSharedAbort(signal, end);
    return promise;
  }

  /** Starts all queued calls: there is a connection. */
  start(peer: Peer): void {
    for (const call of this.#calls) call.start(peer);
  }

  /** Fails all queued calls: there will be no connection. */
  fail(cause: unknown): void {
    for (const call of this.#calls) call.fail(cause);
  }

  #full(operation: string, bytes: number): LimitError | undefined {
    const tooMany = this.#calls.size >= this.#maxCalls;
    if (!tooMany && this.#bytes + bytes <= this.#maxBytes) return undefined;
    const what = tooMany
      ? `${this.#calls.size} calls wait for a connection, wanted less than ${this.#maxCalls} (maxQueuedCalls)`
      : `calls with ${this.#bytes} bytes wait for a connection, wanted at most ${this.#maxBytes} with its ${bytes} (maxQueuedCallBytes)`;
    return new LimitError(
      `Cannot send ${quoteName(operation)}: ${what}`,
      { code: tooMany ? "maxQueuedCalls" : "maxQueuedCallBytes" },
    );
  }
}

/** Creates the error of a call for which there will be no connection. */
export function noConnection(
  operation: string,
  cause: unknown,
): ConnectionClosedError {
  return new ConnectionClosedError(
    `Cannot complete ${
      quoteName(operation)
    }: there will be no connection, the request was not sent`,
    { outcome: "not-sent", cause },
  );
}

function waitedTooLong(
  operation: string,
  maxWait: number,
  cause: unknown,
): ConnectionClosedError {
  return new ConnectionClosedError(
    `Cannot complete ${
      quoteName(operation)
    }: no connection within ${maxWait} ms (queueTimeout), the request was not sent`,
    { outcome: "not-sent", cause },
  );
}

function timedOut(
  operation: string,
  timeout: number,
  cause: unknown,
): DOMException {
  const error = new DOMException(
    `Cannot complete ${quoteName(operation)}: no connection within ${
      Math.round(timeout)
    } ms, the request was not sent`,
    "TimeoutError",
  );
  if (cause === undefined) return error;
  return Object.defineProperty(error, "cause", { value: cause });
}
