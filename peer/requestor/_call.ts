/**
 * A call: a request of the local peer that awaits its result.
 *
 * @module
 */

import { LimitError, quoteName } from "../../codec/mod.ts";
import { onSharedAbort } from "../shared_abort.ts";
import type { CallOptions } from "../call_options.ts";
import type { Link } from "../link/link.ts";
import { reasonText } from "./cancel_reason.ts";
import type { PendingCall, PendingCalls } from "./_pending_calls.ts";
import { closedError } from "./result_errors.ts";

/**
 * What single and stream calls share: an ID, a signal, a timeout, and one end.
 *
 * Subclasses receive the results and settle what the caller waits for.
 */
export abstract class Call implements PendingCall {
  id = 0;
  batch = -1;
  settled = false;
  isQueued = false;
  isLate = false;
  /** The trace context to send with the request. */
  trace: string | undefined;
  /** The requested operation. */
  readonly operation: string;
  protected readonly link: Link;
  protected readonly pending: PendingCalls<Call>;
  /** The timer of a call that waits until it sends its request. */
  protected timer: unknown;
  #removeAbort: (() => void) | undefined;
  #timeout: unknown;

  constructor(
    link: Link,
    pending: PendingCalls<Call>,
    operation: string,
    { signal, timeout }: CallOptions,
  ) {
    this.link = link;
    this.pending = pending;
    this.operation = operation;
    // Functions that the constructor creates would cost calls without either.
    if (signal !== undefined) this.#failOnAbort(signal);
    if (timeout !== undefined && timeout !== Infinity) this.#failAfter(timeout);
  }

  abstract get isStream(): boolean;
  /** Whether its result is parsed as JSON. */
  get parses(): boolean {
    return false;
  }

  /** Whether it repeats its request after a RetryResult. */
  get repeats(): boolean {
    return false;
  }

  abstract admitted(): void;
  /** Receives a SingleResult. */
  abstract single(payload: Uint8Array<ArrayBuffer>): void;
  /** Receives a StreamResult with data. */
  abstract part(payload: Uint8Array<ArrayBuffer>): void;
  /** Receives the StreamResult that ends the answer. */
  abstract partsEnd(): void;
  /** The remote peer takes more of the data. Returns whether that changes anything; a single request has no such data (extension/credit-unknown). */
  credited(_offset: number): boolean {
    return false;
  }

  /** The memory of its answer that is unread, in bytes. */
  get unreadBytes(): number {
    return 0;
  }

  /** Fails the call, of whose answer too much is unread. */
  overflow(): void {
    const { maxUnreadBytesPerStream } = this.link.limits;
    const error = new LimitError(
      `Cannot accept the answer of ${
        quoteName(this.operation)
      }: ${this.unreadBytes} bytes of it are unread, wanted at most ${maxUnreadBytesPerStream}`,
      { code: "maxUnreadBytesPerStream" },
    );
    this.fail(error, false);
  }

  /** Receives a RetryResult. */
  abstract retry(wait: number, payload: Uint8Array): void;
  /** Ends the request's data, if there is any. */
  endData(): void {}
  /** Sends a request that waits for data to be sent with. */
  sendWaiting(): void {}
  /** Rejects what the caller waits for. */
  protected abstract reject(error: unknown): void;

  /** Fails the call. `answered` is false if its result may still arrive. */
  fail(error: unknown, answered: boolean): void {
    if (this.settled) return;
    if (answered) this.settle();
    else this.settle(reasonText(error));
    this.reject(error);
  }

  /** Fails the call with an ErrorResult. */
  failed(error: unknown): void {
    this.fail(error, true);
  }

  connectionClosed(cause: unknown, flushed: boolean): void {
    const sent = this.batch >= 0 && (flushed || this.#isSent);
    const outcome = sent ? "unknown" : "not-sent";
    this.fail(closedError(this.operation, outcome, cause), true);
  }

  /** Ends the call: it receives nothing more. `cancelled` is why, as text for the remote peer, if its result may still arrive. */
  protected settle(cancelled?: string): void {
    this.settled = true;
    const { clock } = this.link;
    this.#removeAbort?.();
    if (this.#timeout !== undefined) clock.cancel(this.#timeout);
    if (this.timer !== undefined) clock.cancel(this.timer);
    this.pending.release(this, cancelled);
  }

  #failOnAbort(signal: AbortSignal): void {
    this.#removeAbort = onSharedAbort(
      signal,
      (reason) => this.fail(reason, false),
    );
  }

  #failAfter(timeout: number): void {
    this.#timeout = this.link.clock.schedule(
      () => this.fail(this.#timedOut(timeout), false),
      timeout,
    );
  }

  /** Whether the request has been passed to the channel. */
  get #isSent(): boolean {
    return this.batch >= 0 && this.batch < this.link.writer.startedBatches;
  }

  #timedOut(timeout: number): DOMException {
    return new DOMException(
      `Cannot complete ${quoteName(this.operation)}: no ${
        this.isStream ? "complete result" : "result"
      } within ${Math.round(timeout)} ms, the request was ${
        this.#isSent ? "sent" : "not sent"
      }`,
      "TimeoutError",
    );
  }
}
