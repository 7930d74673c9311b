/**
 * The calls of this side.
 *
 * @module
 */

import { LimitError, type PayloadCodec, quoteName } from "../codec/mod.ts";
import { failedError } from "./_answer_errors.ts";
import { type Call, closedError } from "./_call.ts";
import { CallTable } from "./_call_table.ts";
import { SingleCall, type SingleCallKeeper } from "./_single_call.ts";
import { StreamCall, type StreamCallKeeper } from "./_stream_call.ts";
import type { Wire } from "./_wire.ts";
import {
  type CallOptions,
  type RetryPolicy,
  retryPolicy,
} from "./call_options.ts";

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
  readonly #table = new CallTable<Call>();
  /** Calls that are not sent: they wait for room, or for the time to ask again. */
  readonly #unsent = new Set<Call>();
  /** Calls that were given up, the oldest first. */
  readonly #retired = new Set<Call>();
  readonly #waiting: (() => void)[] = [];
  /** Why no calls can be made any more. */
  #refusal: { readonly cause: unknown } | undefined;

  constructor(wire: Wire, retry: RetryPolicy | boolean | undefined) {
    this.#wire = wire;
    this.#retry = retry;
  }

  /** How many calls have not settled. */
  get pending(): number {
    return this.#table.size - this.#retired.size + this.#unsent.size;
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
      const retry = retryPolicy(options.retry, this.#retry);
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
      if (this.#free) this.#send(call);
      else void this.#sendLater(call);
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
      this.#unsent.add(call);
    }
    return call;
  }

  /** The call that an answer belongs to; `undefined` when nobody waits for it. */
  find(id: number): Call | undefined {
    const call = this.#table.get(id);
    return call === undefined || call.settled ? undefined : call;
  }

  /** Takes an ErrorResult. */
  failed(call: Call, payload: Uint8Array): void {
    call.fail(failedError(call.operation, payload), true);
  }

  /** An answer came whose payload is too large to take. */
  answerTooLarge(id: number, size: number): void {
    const call = this.find(id);
    if (call === undefined) return;
    const { maxPayload } = this.#wire.limits;
    call.fail(
      new LimitError(
        `Cannot take the answer of ${
          quoteName(call.operation)
        }: its payload is ${size} bytes, wanted at most ${maxPayload}`,
        { code: "maxPayload" },
      ),
      false,
    );
  }

  /** An answer came to an end for which nobody waits any more: its ID is free. */
  answeredLate(id: number): void {
    const call = this.#table.get(id);
    if (call === undefined || !this.#retired.delete(call)) return;
    this.#table.delete(call);
    this.#wake();
  }

  /** Refuses further calls. */
  refuse(cause: unknown): void {
    this.#refusal ??= { cause };
  }

  /** Ends all calls, since the connection has ended. */
  connectionClosed(cause: unknown, flushed: boolean): void {
    this.refuse(cause);
    for (const call of [...this.#unsent, ...this.#table.values()]) {
      call.connectionClosed(cause, flushed);
    }
  }

  release(call: Call, answered: boolean): void {
    if (this.#unsent.delete(call) || answered) this.#table.delete(call);
    else this.#retire(call);
    this.#wake();
    this.#wire.settled();
  }

  postpone(call: SingleCall, wait: number): void {
    this.#table.delete(call);
    this.#unsent.add(call);
    call.batch = -1;
    call.postponed = this.#wire.clock.schedule(
      () => void this.#sendLater(call),
      wait,
    );
  }

  admit(call: StreamCall): void | Promise<void> {
    if (this.#free) return this.#admit(call);
    return this.#untilFree(call).then(() => this.#admit(call));
  }

  get #free(): boolean {
    const { limits, queuedBytes } = this.#wire;
    return this.#table.size - this.#retired.size < limits.maxPendingRequests &&
      queuedBytes < limits.maxOutboundBytes;
  }

  #admit(call: Call): void {
    if (call.settled) return;
    this.#unsent.delete(call);
    this.#table.add(call);
  }

  #send(call: SingleCall): void {
    this.#table.add(call);
    call.batch = this.#wire.batch;
    const { id, operation, payload } = call;
    try {
      this.#wire.send({ kind: "SingleRequest", id, operation, payload });
    } catch (error) {
      call.fail(error, true);
    }
  }

  async #sendLater(
    call: SingleCall,
  ): Promise<void> {
    if (call.settled) return;
    this.#unsent.add(call);
    await this.#untilFree(call);
    if (call.settled) return;
    this.#unsent.delete(call);
    this.#send(call);
  }

  async #untilFree(call: Call): Promise<void> {
    const { maxOutboundBytes } = this.#wire.limits;
    while (!this.#free && !call.settled) {
      if (this.#wire.queuedBytes >= maxOutboundBytes) {
        await this.#wire.room(maxOutboundBytes);
      } else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    // One that was woken in vain passes it on.
    if (call.settled) this.#wake();
  }

  #retire(call: Call): void {
    if (this.#table.get(call.id) !== call) return;
    this.#retired.add(call);
    if (this.#retired.size <= MOST_RETIRED) return;
    const [oldest] = this.#retired;
    this.#retired.delete(oldest!);
    this.#table.delete(oldest!);
  }

  /** Lets the next call that waits for its turn look again. */
  #wake(): void {
    this.#waiting.shift()?.();
  }
}
