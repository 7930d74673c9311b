/**
 * A call of this side that waits for an answer.
 *
 * @module
 */

import { quoteName } from "../../codec/mod.ts";
import type { Wire } from "../link/_wire.ts";
import type { CallOptions } from "../call_options.ts";
import { ConnectionClosedError } from "../connection_closed_error.ts";

/** Who looks after calls: keeps them by ID until they are settled. */
export interface CallKeeper {
  /** The call has settled: its answer is complete, or nobody waits for it. */
  release(call: Call, answered: boolean): void;
}

/**
 * What single and stream calls have in common: an ID, a bound on their time, and one end.
 *
 * Sub-classes hear the messages that answer the call, and say how it ends.
 */
export abstract class Call {
  /** The request ID of the current attempt. */
  id = 0;
  /** The batch of writes that the request is in; -1 before it is sent. */
  batch = -1;
  /** The timer of a call that waits to ask again. */
  postponed: unknown;
  /** Whether the call has come to its end. */
  settled = false;
  /** What is asked for. */
  readonly operation: string;
  protected readonly wire: Wire;
  readonly #keeper: CallKeeper;
  readonly #signal: AbortSignal | undefined;
  #onAbort: (() => void) | undefined;
  #timer: unknown;

  constructor(
    wire: Wire,
    keeper: CallKeeper,
    operation: string,
    options: CallOptions,
  ) {
    this.wire = wire;
    this.#keeper = keeper;
    this.operation = operation;
    this.#signal = options.signal;
    if (options.signal !== undefined) {
      const { signal } = options;
      this.#onAbort = () => this.fail(signal.reason, false);
      signal.addEventListener("abort", this.#onAbort);
    }
    if (options.timeout !== undefined && options.timeout !== Infinity) {
      const { timeout } = options;
      this.#timer = wire.clock.schedule(
        () => this.fail(this.#timedOut(timeout), false),
        timeout,
      );
    }
  }

  /** A SingleResult came. */
  abstract single(payload: Uint8Array<ArrayBuffer>): void;
  /** A StreamResult with a part came. */
  abstract part(payload: Uint8Array<ArrayBuffer>): void;
  /** The StreamResult without a part came. */
  abstract partsEnd(): void;
  /** A RetryResult came. */
  abstract retry(wait: number, payload: Uint8Array): void;
  /** The call has failed: tells whoever waits. */
  protected abstract reject(error: unknown): void;

  /** Ends the call with an error; `answered` says whether the other side has given it. */
  fail(error: unknown, answered: boolean): void {
    if (this.settled) return;
    this.settle(answered);
    this.reject(error);
  }

  /** Ends the call because the connection ended; `flushed` says whether all that was sent has been written. */
  connectionClosed(cause: unknown, flushed: boolean): void {
    const sent = this.batch >= 0 && (flushed || this.batch < this.wire.begun);
    this.fail(
      closedError(this.operation, sent ? "unknown" : "not-sent", cause),
      true,
    );
  }

  /** Ends the call: nothing is heard of it any more. */
  protected settle(answered: boolean): void {
    this.settled = true;
    if (this.#onAbort !== undefined) {
      this.#signal!.removeEventListener("abort", this.#onAbort);
    }
    if (this.#timer !== undefined) this.wire.clock.cancel(this.#timer);
    if (this.postponed !== undefined) this.wire.clock.cancel(this.postponed);
    this.#keeper.release(this, answered);
  }

  #timedOut(timeout: number): DOMException {
    const sent = this.batch >= 0 && this.batch < this.wire.begun;
    return new DOMException(
      `Cannot finish ${
        quoteName(this.operation)
      }: no answer within ${timeout} ms, the request was ${
        sent ? "sent" : "not sent"
      }`,
      "TimeoutError",
    );
  }
}

/** The error of a call whose connection ended. */
export function closedError(
  operation: string,
  outcome: "not-sent" | "unknown",
  cause: unknown,
): ConnectionClosedError {
  const what = outcome === "not-sent"
    ? "the connection is closed, the request was not sent"
    : "the connection ended before the answer, the request may have been carried out";
  return new ConnectionClosedError(
    `Cannot finish ${quoteName(operation)}: ${what}`,
    {
      outcome,
      cause,
    },
  );
}
