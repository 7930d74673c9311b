/**
 * The calls of this side.
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
import { failedError } from "./_errors.ts";
import { type Call, closedError } from "./_call.ts";
import { CallTable } from "./_call_table.ts";
import { SingleCall, type SingleCallKeeper } from "./_single_call.ts";
import { StreamCall, type StreamCallKeeper } from "./_stream_call.ts";
import type { Wire } from "../link/_wire.ts";
import {
  type CallOptions,
  type RetryPolicy,
  retryPolicy,
} from "../call_options.ts";

/** How many calls that nobody waits for keep their ID until their answer comes. */
const MOST_RETIRED = 1024;

const NO_OPTIONS: CallOptions = Object.freeze({});

/**
 * Makes calls, and gives each answer to the call that it belongs to.
 *
 * A call that was given up keeps its ID until its answer has come, so that a late answer cannot be
 * taken for another call's.
 */
export class Calls implements SingleCallKeeper, StreamCallKeeper {
  readonly #wire: Wire;
  readonly #retry: RetryPolicy | boolean | undefined;
  readonly #policy: Required<RetryPolicy> | undefined;
  readonly #table = new CallTable<Call>();
  /** Calls that are not sent: they wait for room, or for the time to ask again. */
  #unsent: Set<Call> | undefined;
  /** Calls that were given up, the oldest first. */
  #retired: Set<Call> | undefined;
  /** Calls that wait for room, in the order in which they were made, and what sends each. */
  #waiting: Map<Call, () => void> | undefined;
  #awaitsRoom = false;
  #closed = false;
  /** Why no calls can be made any more. */
  #refusal: { readonly cause: unknown } | undefined;

  constructor(wire: Wire, retry: RetryPolicy | boolean | undefined) {
    this.#wire = wire;
    this.#retry = retry;
    this.#policy = retryPolicy(retry);
  }

  /** How many calls have not settled. */
  get pending(): number {
    return this.#open + (this.#unsent?.size ?? 0);
  }

  /** Makes a single request. */
  single<T>(
    operation: string,
    payload: Uint8Array,
    codec: PayloadCodec<T>,
    options: CallOptions = NO_OPTIONS,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#refusal !== undefined) {
        return reject(closedError(operation, "not-sent", this.#refusal.cause));
      }
      if (options.signal?.aborted) return reject(options.signal.reason);
      const retry = options.retry === undefined
        ? this.#policy
        : retryPolicy(options.retry, this.#retry);
      const call = new SingleCall(
        this.#wire,
        this,
        operation,
        payload,
        codec as PayloadCodec<unknown>,
        options,
        retry,
        { resolve: resolve as (value: unknown) => void, reject },
      );
      this.#begin(call);
    });
  }

  /** Makes a stream request. */
  stream(operation: string, options: CallOptions = NO_OPTIONS): StreamCall {
    const call = new StreamCall(this.#wire, this, operation, options);
    if (this.#refusal !== undefined) {
      call.connectionClosed(this.#refusal.cause, false);
    } else if (options.signal?.aborted) {
      call.fail(options.signal.reason, false);
    } else {
      (this.#unsent ??= new Set()).add(call);
    }
    return call;
  }

  /** Takes an answer, or a part of one. */
  answer(header: Header, payload: Uint8Array<ArrayBuffer>): void {
    const { kind, id } = header;
    const call = this.#find(id);
    if (call === undefined) {
      const complete = kind !== "StreamResult" || payload.byteLength === 0;
      return this.#drop(kind, id, complete);
    }
    if (kind === "SingleResult") call.single(payload);
    else if (kind === "ErrorResult") {
      call.fail(failedError(call.operation, payload), true);
    } else if (kind === "RetryResult") call.retry(header.wait, payload);
    else if (payload.byteLength === 0) call.partsEnd();
    else call.part(payload);
  }

  /** Takes an answer whose payload is too large. */
  tooLarge({ kind, id, size }: Header): void {
    const complete = kind !== "StreamResult";
    const call = this.#find(id);
    if (call === undefined) return this.#drop(kind, id, complete);
    const { maxPayloadBytes } = this.#wire.limits;
    call.fail(
      new LimitError(
        `Cannot take the answer of ${
          quoteName(call.operation)
        }: its payload is ${size} bytes, wanted at most ${maxPayloadBytes}`,
        { code: "maxPayloadBytes" },
      ),
      complete,
    );
  }

  /** Refuses further calls. */
  refuse(cause: unknown): void {
    this.#refusal ??= { cause };
  }

  /** Ends all calls, since the connection has ended. */
  connectionClosed(cause: unknown, flushed: boolean): void {
    this.refuse(cause);
    this.#closed = true;
    for (const call of [...this.#unsent ?? [], ...this.#table.values()]) {
      call.connectionClosed(cause, flushed);
    }
  }

  release(call: Call, answered: boolean): void {
    const unsent = call.batch < 0 && this.#unsent?.delete(call);
    if (unsent || answered) this.#table.delete(call);
    else this.#retire(call);
    if (this.#waiting?.size) {
      this.#start(call);
      this.#startWaiting();
    }
    this.#wire.settled();
  }

  postpone(call: SingleCall, wait: number): void {
    this.#table.delete(call);
    (this.#unsent ??= new Set()).add(call);
    call.batch = -1;
    call.postponed = this.#wire.clock.schedule(() => this.#begin(call), wait);
    this.#startWaiting();
  }

  admit(call: StreamCall): void | Promise<void> {
    if (this.#free && !this.#waiting?.size) return this.#admit(call);
    return new Promise((resolve) => {
      this.#wait(call, () => {
        this.#admit(call);
        resolve();
      });
    });
  }

  /** The call that an answer belongs to; `undefined` when nobody waits for it. */
  #find(id: number): Call | undefined {
    const call = this.#table.get(id);
    return call === undefined || call.settled ? undefined : call;
  }

  /** Drops an answer for which nobody waits. Once that of a call which was given up is complete, its ID is free. */
  #drop(kind: MessageKind, id: number, complete: boolean): void {
    const call = this.#table.get(id);
    const isLate = call !== undefined && this.#retired?.has(call) === true;
    if (isLate && complete) {
      this.#retired?.delete(call);
      this.#table.delete(call);
    }
    this.#wire.drop(kind, isLate ? "call-abandoned" : "no-such-call");
  }

  /** How many calls wait for their answers. */
  get #open(): number {
    return this.#table.size - (this.#retired?.size ?? 0);
  }

  get #free(): boolean {
    const { limits, queuedBytes } = this.#wire;
    return this.#open < limits.maxPendingRequests &&
      queuedBytes < limits.writeHighWaterMarkBytes;
  }

  #begin(call: SingleCall): void {
    if (this.#free && !this.#waiting?.size) return this.#send(call);
    (this.#unsent ??= new Set()).add(call);
    this.#wait(call, () => this.#send(call));
  }

  #admit(call: Call): void {
    if (call.settled) return;
    this.#unsent?.delete(call);
    this.#table.add(call);
  }

  #send(call: SingleCall): void {
    if (call.settled) return;
    this.#admit(call);
    call.batch = this.#wire.batch;
    const { id, operation, payload } = call;
    try {
      this.#wire.send({ kind: "SingleRequest", id, operation, payload });
    } catch (error) {
      call.fail(error, true);
    }
  }

  #wait(call: Call, start: () => void): void {
    (this.#waiting ??= new Map()).set(call, start);
    this.#awaitRoom();
  }

  /** Ends the wait of a call. */
  #start(call: Call): void {
    const start = this.#waiting?.get(call);
    if (this.#waiting?.delete(call)) start!();
  }

  /** Sends the calls that wait, for as long as there is room. */
  #startWaiting(): void {
    if (this.#closed) return;
    for (const call of this.#waiting?.keys() ?? []) {
      if (!this.#free) return this.#awaitRoom();
      this.#start(call);
    }
  }

  /** Looks again once there is room in the queue; a call that settles makes the other kind of room. */
  #awaitRoom(): void {
    const { limits: { writeHighWaterMarkBytes }, queuedBytes } = this.#wire;
    if (this.#awaitsRoom || queuedBytes < writeHighWaterMarkBytes) return;
    this.#awaitsRoom = true;
    void this.#wire.room(writeHighWaterMarkBytes).then(() => {
      this.#awaitsRoom = false;
      this.#startWaiting();
    });
  }

  #retire(call: Call): void {
    if (this.#table.get(call.id) !== call) return;
    const retired = this.#retired ??= new Set();
    retired.add(call);
    if (retired.size <= MOST_RETIRED) return;
    const [oldest] = retired;
    retired.delete(oldest!);
    this.#table.delete(oldest!);
  }
}
