/**
 * The requestor: sends requests and notifications, and receives results.
 *
 * @module
 */

import {
  type Header,
  LimitError,
  type MessageKind,
  type PayloadCodec,
  quoteName,
} from "../../codec/mod.ts";
import { jsonTooLarge } from "../../codec/payload.ts";
import { checkWaitOptions } from "../../transport/wait_options.ts";
import {
  type CallOptions,
  type RetryPolicy,
  retryPolicy,
} from "../call_options.ts";
import { isCancelled } from "../cancelled_text.ts";
import { isShuttingDown } from "../shutting_down.ts";
import type { Link } from "../link/link.ts";
import type { StreamPair } from "../stream_pair.ts";
import type { FormedOptions } from "../stream_form.ts";
import { unreserved } from "../reserved_names.ts";
import type { Traced } from "../tracing.ts";
import type { Call } from "./_call.ts";
import { isOverload } from "./_call_window.ts";
import { PendingCalls } from "./_pending_calls.ts";
import { closedError, failedError } from "./result_errors.ts";
import { SingleCall } from "./_single_call.ts";
import { StreamCall } from "./_stream_call.ts";

/** The kinds of messages that answer a request. */
export type ResultKind =
  | "SingleResult"
  | "StreamResult"
  | "ErrorResult"
  | "RetryResult";

const NO_OPTIONS: CallOptions = Object.freeze({});

const SENT: Promise<void> = Promise.resolve();

/** Makes the calls of the local peer, and passes each result to its call. */
export class Requestor {
  readonly #link: Link;
  readonly #retry: RetryPolicy | boolean | undefined;
  readonly #policy: Required<RetryPolicy> | undefined;
  /** Created with the first call: many peers make none; bench: `connections-idle`. */
  #calls: PendingCalls<Call> | undefined;
  /** Why no more calls are accepted, and when they are nevertheless. */
  #refusal:
    | {
      readonly cause: unknown;
      readonly isNeeded: (() => boolean) | undefined;
    }
    | undefined;
  /** Whether a call that is refused because the remote peer drains fails at once, for another connection, rather than wait and repeat its request. */
  movesOn = false;
  /** Called when the remote peer is known to drain. */
  onRemoteDrains: (() => void) | undefined;
  #remoteDrains = false;
  /** Why the remote peer takes no more calls, and when it does nevertheless. */
  #remoteStop:
    | { readonly cause: unknown; readonly isNeeded: () => boolean }
    | undefined;
  /** Why nothing can be sent or received any more. */
  #closed: { readonly cause: unknown } | undefined;

  /** Creates the requestor of a link; `retry` applies to calls that set no policy. */
  constructor(link: Link, retry: RetryPolicy | boolean | undefined) {
    this.#link = link;
    this.#retry = retry;
    this.#policy = retryPolicy(retry);
    const { refuses } = link.channel;
    if (refuses?.what === "calls") this.refuse(refuses.reason);
    else if (refuses !== undefined) this.stopSending(refuses.reason);
  }

  /** Number of calls that have not settled. */
  get pending(): number {
    return this.#calls?.size ?? 0;
  }

  /** Whether a call is outstanding that was made before calls were refused. */
  get pendingFromBefore(): boolean {
    return this.#calls?.hasEarly === true;
  }

  /** Sends a single request and returns its result. */
  single<T>(
    operation: string,
    payload: Uint8Array,
    codec: Pick<PayloadCodec<T>, "decode">,
    options: CallOptions = NO_OPTIONS,
    trace?: string,
  ): Promise<T> {
    // Not within a promise: its function would be one for each call.
    try {
      if (options !== NO_OPTIONS) checkWaitOptions(options);
      if (this.#refuses) throw closedError(operation, "not-sent", this.#cause);
      if (options.signal?.aborted) throw options.signal.reason;
      const call = new SingleCall(
        this.#link,
        this.#pending,
        operation,
        payload,
        codec,
        options,
        options.retry === undefined
          ? this.#policy
          : retryPolicy(options.retry, this.#retry),
      );
      call.trace = trace;
      call.isLate = this.#refusal !== undefined;
      this.#pending.admit(call);
      return call.result as Promise<T>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Opens a stream request. The options have been checked. */
  stream(
    operation: string,
    options: FormedOptions = NO_OPTIONS,
    traced?: Traced,
  ): StreamPair {
    const { signal } = options;
    // A call must not fail before it is complete, as with an aborted signal it would.
    const call = new StreamCall(
      this.#link,
      this.#pending,
      operation,
      signal?.aborted ? { ...options, signal: undefined } : options,
    );
    call.traced = traced;
    call.trace = traced?.trace;
    if (this.#refuses) call.connectionClosed(this.#cause, false);
    else if (signal?.aborted) call.fail(signal.reason, false);
    else {
      call.isLate = this.#refusal !== undefined;
      this.#pending.add(call);
    }
    const { readable, writable } = call;
    return { readable, writable };
  }

  /**
   * Sends a notification. Resolves when the write queue is below its high-water
   * mark. If it cannot be sent now, the rejection need not be handled: a program
   * that does not wait must not end because a remote peer is slow or has left.
   */
  notify<T, Given>(
    name: string,
    value: Given,
    codec: PayloadCodec<T, Given>,
  ): Promise<void> {
    const link = this.#link;
    try {
      const obstacle = this.#obstacle(name);
      if (obstacle !== undefined) {
        const rejected = Promise.reject(obstacle);
        rejected.catch(() => {});
        return rejected;
      }
      unreserved(name, "send");
      const payload = codec.encode(value, { operation: name });
      link.send({ kind: "Notification", name, payload });
    } catch (error) {
      return Promise.reject(error);
    }
    return link.congested ? link.uncongested() : SENT;
  }

  /** Sends a notification if that is possible now. Returns whether it was sent. */
  offer(name: string, payload: Uint8Array): boolean {
    if (this.#obstacle(name) !== undefined) return false;
    this.#link.send({ kind: "Notification", name, payload });
    return true;
  }

  /** Why no notification can be sent now. One that a full write queue drops is reported. */
  #obstacle(name: string): Error | undefined {
    const link = this.#link;
    if (this.#closed !== undefined) {
      return closedError(name, "not-sent", this.#closed.cause);
    }
    const limit = "maxWriteQueueBytes";
    if (link.writer.queuedBytes < link.limits[limit]) return undefined;
    link.emit({ type: "unsent", operation: name, limit });
    return link.writeQueueFull(quoteName(name));
  }

  /** Receives a result, or a part of one. */
  result(
    kind: ResultKind,
    header: Header,
    payload: Uint8Array<ArrayBuffer>,
  ): void {
    const { id } = header;
    const call = this.#calls?.find(id);
    if (call === undefined) {
      const complete = kind !== "StreamResult" || payload.byteLength === 0;
      const { extensions } = this.#link;
      if (extensions && kind === "ErrorResult" && isCancelled(payload)) {
        extensions.knowsCancels = true;
      }
      return this.#drop(kind, id, payload.byteLength, complete);
    }
    switch (kind) {
      case "SingleResult":
        return call.single(payload);
      case "StreamResult":
        return payload.byteLength === 0 ? call.partsEnd() : call.part(payload);
      case "ErrorResult":
        if (isOverload(payload)) this.#pending.overloaded(call);
        // request/error-final, stream/answer-error
        return call.failed(
          failedError(call.operation, payload, this.#link.limits),
        );
      case "RetryResult":
        if (isOverload(payload)) this.#pending.overloaded(call);
        if (isShuttingDown(payload)) {
          this.#remoteDrainsNow();
          if (this.movesOn && call.repeats) {
            const cause = new Error("the remote peer is shutting down");
            return call.fail(
              closedError(call.operation, "not-sent", cause),
              true,
            );
          }
        }
        call.retry(header.wait, payload);
        // extension/drain-requests
        return this.failUnneeded();
      // deno-coverage-ignore-start
      default:
        return kind satisfies never;
        // deno-coverage-ignore-stop
    }
  }

  /** The remote peer takes more data of a request. Returns whether that changes anything. */
  credited(id: number, offset: number): boolean {
    return this.#calls?.find(id)?.credited(offset) === true;
  }

  /** The call with the most unread data; `undefined` if there is none. */
  get fullest(): Call | undefined {
    return this.#calls?.fullest;
  }

  /** Receives a result whose payload is too large: the call fails (limits/other-payload). */
  oversized(kind: ResultKind, { id, size }: Header): void {
    const complete = kind !== "StreamResult";
    const call = this.#calls?.find(id);
    if (call === undefined) return this.#drop(kind, id, size, complete);
    const { maxPayloadBytes } = this.#link.limits;
    call.fail(
      new LimitError(
        `Cannot accept the result of ${
          quoteName(call.operation)
        }: its payload is ${size} bytes, wanted at most ${maxPayloadBytes}`,
        { code: "maxPayloadBytes" },
      ),
      complete,
    );
  }

  /** Whether the result of a call is parsed as JSON. */
  parses(id: number): boolean {
    return this.#calls?.find(id)?.parses === true;
  }

  /** Receives a SingleResult whose JSON is too large: the call fails (limits/other-payload). */
  jsonOversized(id: number, size: number): void {
    const call = this.#calls!.find(id)!;
    this.#link.roundTrip.end(id);
    const { maxJsonBytes } = this.#link.limits;
    call.fail(jsonTooLarge(size, call, maxJsonBytes), true);
  }

  /** Whether the remote peer has reported that it drains, or refused a call for it. */
  get remoteDrains(): boolean {
    return this.#remoteDrains;
  }

  /**
   * Fails calls that were not sent, and refuses further ones, except while
   * `isNeeded` returns true: the remote peer drains. Those that are about to be
   * sent are sent at once, like others that cross its notification.
   */
  remoteStops(cause: unknown, isNeeded: () => boolean): void {
    this.refuse(cause, isNeeded);
    this.#remoteStop = { cause, isNeeded };
    if (!isNeeded()) this.#calls?.sendWaiting();
    this.failUnneeded();
    this.#remoteDrainsNow();
  }

  /** Fails calls that were not sent, if the remote peer drains and nothing needs them, or no longer: a handler has ended, or a call is to be repeated. */
  failUnneeded(): void {
    const stop = this.#remoteStop;
    if (stop !== undefined && !stop.isNeeded()) {
      this.#calls?.failUnsent(stop.cause);
    }
  }

  #remoteDrainsNow(): void {
    if (this.#remoteDrains) return;
    this.#remoteDrains = true;
    this.onRemoteDrains?.();
  }

  /** Refuses further calls, except while `isNeeded` returns true. */
  refuse(cause: unknown, isNeeded?: () => boolean): void {
    this.#refusal ??= { cause, isNeeded };
  }

  /** Refuses further calls and notifications: nothing more can be sent. */
  stopSending(cause: unknown): void {
    this.refuse(cause);
    this.#closed ??= { cause };
  }

  /** Fails all calls because the connection ended. `flushed` is whether everything sent has been written. */
  connectionClosed(cause: unknown, flushed: boolean): void {
    this.stopSending(cause);
    this.#calls?.connectionClosed(cause, flushed);
  }

  /** Whether calls are refused now. */
  get #refuses(): boolean {
    if (this.#refusal === undefined) return false;
    return this.#closed !== undefined || !this.#refusal.isNeeded?.();
  }

  /** Why calls are refused. */
  get #cause(): unknown {
    return this.#refusal?.cause;
  }

  get #pending(): PendingCalls<Call> {
    return this.#calls ??= new PendingCalls(this.#link);
  }

  /** Drops a result without a waiting call (request/unknown-answer). */
  #drop(kind: MessageKind, id: number, size: number, complete: boolean): void {
    const late = this.#calls?.takeLate(id, size, complete);
    const isLate = late !== undefined;
    this.#link.drop(kind, isLate ? "call-abandoned" : "no-such-call");
    // limits/idle-messages
    if (late === "excessive") this.#link.countUnproductive();
  }
}
