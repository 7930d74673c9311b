/**
 * Calls that wait for a connection.
 *
 * @module
 */

import { LimitError, quoteName } from "../../codec/mod.ts";
import type { CallOptions } from "../call_options.ts";
import type { Clock } from "../clock.ts";
import { ConnectionClosedError } from "../connection_closed_error.ts";
import type { Peer } from "../peer.ts";

interface WaitingCall {
  readonly start: (peer: Peer) => void;
  readonly fail: (cause: unknown) => void;
}

/** Keeps calls in order, within limits, until there is a connection or there will be none. */
export class OfflineQueue {
  readonly #clock: Clock;
  readonly #maxCalls: number;
  readonly #maxBytes: number;
  readonly #calls = new Set<WaitingCall>();
  #bytes = 0;

  /** Takes so many calls at the most, with so many bytes of payload together. */
  constructor(clock: Clock, maxCalls: number, maxBytes: number) {
    this.#clock = clock;
    this.#maxCalls = maxCalls;
    this.#maxBytes = maxBytes;
  }

  /**
   * Waits, and gives what `use` makes of the peer, which it gets right when there is one: so calls are
   * sent in the order in which they began to wait, and before any that is made later.
   */
  wait<T>(
    operation: string,
    bytes: number,
    { signal, timeout = Infinity }: CallOptions,
    use: (peer: Peer) => T | Promise<T>,
  ): Promise<T> {
    const full = this.#full(operation, bytes);
    if (full !== undefined) return Promise.reject(full);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const leave = () => {
      this.#calls.delete(call);
      this.#bytes -= bytes;
      if (timer !== undefined) this.#clock.cancel(timer);
      signal?.removeEventListener("abort", giveUp);
    };
    const end = (error: unknown) => {
      leave();
      reject(error);
    };
    const call: WaitingCall = {
      start: (peer) => {
        leave();
        resolve(use(peer));
      },
      fail: (cause) => end(noConnection(operation, cause)),
    };
    const giveUp = () => end(signal?.reason);
    const timer = timeout === Infinity ? undefined : this.#clock.schedule(
      () => end(timedOut(operation, timeout)),
      timeout,
    );
    signal?.addEventListener("abort", giveUp);
    this.#calls.add(call);
    this.#bytes += bytes;
    return promise;
  }

  /** There is a connection: everything that waits goes over it. */
  start(peer: Peer): void {
    for (const call of this.#calls) call.start(peer);
  }

  /** There will be no connection. */
  fail(cause: unknown): void {
    for (const call of this.#calls) call.fail(cause);
  }

  #full(operation: string, bytes: number): LimitError | undefined {
    const tooMany = this.#calls.size >= this.#maxCalls;
    if (!tooMany && this.#bytes + bytes <= this.#maxBytes) return undefined;
    const waiting = `${this.#calls.size} calls with ${this.#bytes} bytes`;
    return new LimitError(
      `Cannot send ${
        quoteName(operation)
      }: ${waiting} wait for a connection, wanted at most ${this.#maxCalls} with ${this.#maxBytes}`,
      { code: tooMany ? "maxQueuedCalls" : "maxQueuedBytes" },
    );
  }
}

/** The error of a call for which there will be no connection. */
export function noConnection(
  operation: string,
  cause: unknown,
): ConnectionClosedError {
  return new ConnectionClosedError(
    `Cannot finish ${
      quoteName(operation)
    }: there will be no connection, the request was not sent`,
    { outcome: "not-sent", cause },
  );
}

function timedOut(operation: string, timeout: number): DOMException {
  return new DOMException(
    `Cannot finish ${
      quoteName(operation)
    }: there was no connection within ${timeout} ms, the request was not sent`,
    "TimeoutError",
  );
}
