/**
 * A call that is served without a conversation.
 *
 * @module
 */

import { type Message, type MessageKind, requestId } from "../codec/mod.ts";
import { readTrace, tracePayload } from "../codec/extensions/trace.ts";
import { onAbort } from "../peer/abort.ts";
import { NO_COUNTERS } from "../peer/counters.ts";
import type { PeerEventDetails } from "../peer/events.ts";
import { guardedClock } from "../peer/guarded_clock.ts";
import { randomSource } from "../peer/hooks.ts";
import type { Limits } from "../peer/limits.ts";
import { MemoryAccount } from "../peer/link/memory_account.ts";
import { timeoutError, Watchdog } from "../peer/link/watchdog.ts";
import { memoryTotal } from "../peer/memory_budget.ts";
import type {
  Clock,
  DrainOptions,
  DropReason,
  Handlers,
  PeerEvent,
  PeerOptions,
  PeerStats,
} from "../peer/mod.ts";
import { Observers } from "../peer/observers.ts";
import { Responder } from "../peer/responder/responder.ts";
import type { ResponderLink } from "../peer/responder/responder_link.ts";
import { Tracing } from "../peer/tracing.ts";
import type { ChannelInfo } from "../transport/channel.ts";
import { timeToTake } from "../transport/slowest_rate.ts";
import { CallAnswer, type Outcome, PIECE } from "./_call_answer.ts";
import type { CallTarget } from "./_call_request.ts";
import {
  bodyInUse,
  BROKEN_BODY,
  type Failure,
  failure,
  retryLater,
} from "./_failure.ts";
import { type CallerCall, HttpCaller } from "./_http_caller.ts";
import type { BegunCall, LateCalls } from "./_late_calls.ts";

/** The request ID: there is one request. */
const ID = requestId("0001");

const NOTHING = new Uint8Array(0);

/** How long a client waits whose call was not carried out, in milliseconds. */
const WAIT = 1_000;

const ENDED = failure(500, "ended", "the call was ended before its result");

/** Nothing waits to be written: the result is the response. */
const WRITER = { queuedBytes: 0, wake() {} } as const;

const WRITTEN = Promise.resolve();

/** What the calls of a handler share. */
export interface DirectCallOptions {
  readonly handlers: Handlers;
  readonly limits: Limits;
  /** The options of the application, of which `onEvent` receives the events that concern calls. */
  readonly peer: PeerOptions;
  readonly lateCalls: LateCalls;
  /** The time within which a body must have arrived, in milliseconds. */
  readonly bodyTime: number;
  /** Receives an event of a call. */
  readonly report: (event: PeerEvent, answer: CallAnswer) => unknown;
  /** Called when a call has ended. */
  readonly ended: (call: DirectCall) => void;
}

/** A request, and what is known of its client. */
export interface Caller {
  /** The request, with its body. */
  readonly request: Request;
  readonly info: ChannelInfo;
  readonly auth: unknown;
}

/**
 * A single request or notification whose payload arrives as a whole, and needs no
 * wire: what a link does for the responder of a conversation, this does for that of
 * one call.
 */
export class DirectCall implements ResponderLink, BegunCall, CallerCall {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly memory: MemoryAccount;
  readonly remote: HttpCaller;
  readonly channel: { readonly info: ChannelInfo };
  readonly observers: Observers;
  readonly tracing: Tracing | undefined;
  readonly extensions: ResponderLink["extensions"];
  readonly congested = false;
  readonly writer = WRITER;
  readonly began: number;
  readonly #options: DirectCallOptions;
  readonly #request: Request;
  readonly #target: CallTarget;
  readonly #answer: CallAnswer;
  readonly #responder: Responder;
  /** Bytes held of the body before its handler runs, or of a result that is being read. */
  #held = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  #isDispatched = false;
  /** Why it has ended before its result. */
  #cause: unknown;
  /** Why the call could not be made at all. */
  #misuse: unknown;
  /** Bounds the time of the body, then that of a large result. */
  #watchdog: Watchdog | undefined;
  #taken = 0;
  #unwatch: (() => void) | undefined;
  /** Resolves once a notification has been handled, although the call has ended before. */
  #handled: PromiseWithResolvers<void> | undefined;

  /** Begins a call, which {@linkcode make} carries out. */
  constructor(
    options: DirectCallOptions,
    target: CallTarget,
    type: string,
    { request, info, auth }: Caller,
  ) {
    const { handlers, limits, peer } = options;
    this.#options = options;
    this.#request = request;
    this.#target = target;
    this.#answer = new CallAnswer(type, (reason) => this.abort(reason));
    this.limits = limits;
    this.channel = { info };
    this.remote = new HttpCaller(this, info, auth, peer);
    this.observers = new Observers(
      this.remote,
      (event) => options.report(event, this.#answer),
      peer.onMessage,
    );
    this.clock = guardedClock(peer.clock, this.observers);
    this.memory = new MemoryAccount(memoryTotal(peer.memory), this);
    if (peer.telemetry !== undefined) {
      this.tracing = new Tracing(peer.telemetry, this);
      this.tracing.instruments.opened(this);
      if (peer.extensions !== false) this.extensions = extensionsOf(target);
    }
    this.#responder = new Responder(this, handlers, "retry", false);
    this.began = this.clock.now();
    options.lateCalls.add(this);
    void this.#answer.complete.then(() => this.#finish());
  }

  get link(): this {
    return this;
  }

  get random(): () => number {
    return randomSource(this.#options.peer.random, this.observers);
  }

  get stats(): PeerStats {
    const { dropped, messagesOut } = this.observers;
    return {
      ...NO_COUNTERS,
      messagesIn: Number(this.#isDispatched),
      messagesOut,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      dropped,
      pending: 0,
      running: this.#responder.running,
      abandoned: this.#responder.abandoned,
      roundTripTime: undefined,
      clockOffset: undefined,
    };
  }

  /** The limit that refuses a payload of a size. */
  refuses(size: number): unknown {
    return this.memory.refusesRequest(size);
  }

  /**
   * Reads the body, if the payload is in it and has a size, and runs the handler.
   * Resolves with what the call leads to.
   */
  async make(size: number): Promise<Outcome> {
    const { body, input = NOTHING } = this.#target;
    if (body === undefined || size === 0) this.#dispatch(input);
    else void this.#read(size);
    const outcome = await this.#answer.outcome;
    if (this.#misuse !== undefined) throw this.#misuse;
    return outcome;
  }

  isLate(): void {
    this.#unwatch = onAbort(
      this.#request.signal,
      (reason) => this.abort(reason),
    );
    if (this.#isDispatched || this.#answer.isComplete) return;
    const slow = failure(408, "timeout", "the request arrives too slowly");
    this.#watchdog = new Watchdog(
      this.clock,
      () => this.#end(new Error(slow.text), slow),
    );
    const { bodyTime } = this.#options;
    this.#watchdog.reset(bodyTime - (this.clock.now() - this.began));
  }

  send(message: Message): void {
    // A handler that has ended its call may return nevertheless.
    if (this.#answer.isComplete) return;
    this.observers.sent(message);
    const size = "payload" in message ? message.payload.byteLength : 0;
    this.#bytesOut += size;
    // From here on, the body shows whether the client leaves.
    this.#leave();
    if (size > PIECE) this.#deliver(size);
    const receive = () => void this.#answer.receive(message);
    // Why a handler failed is reported after its result.
    if (message.kind === "ErrorResult") queueMicrotask(receive);
    else receive();
  }

  emit(event: PeerEventDetails): void {
    this.observers.emit(event);
  }

  drop(kind: MessageKind, reason: DropReason): void {
    this.tracing?.dropped(reason);
    this.emit({ type: "drop", kind, reason });
  }

  /** A notification is accepted once its handler has ended. */
  settled(): void {
    if (this.#target.kind !== "notification") return;
    if (this.#responder.notifications === 0) this.#answer.accepted();
    if (this.#responder.unendedNotifications === 0) this.#handled?.resolve();
  }

  uncongested(): Promise<void> {
    return WRITTEN;
  }

  free(): void {}

  recycle(): void {}

  giveWay(error: unknown): void {
    this.abort(error);
  }

  async drain(
    { timeout = this.limits.closeTimeout }: DrainOptions = {},
  ): Promise<void> {
    if (!this.#isDispatched) return this.close();
    if (!this.#answer.isComplete) {
      return await this.#within(timeout, () => void this.close());
    }
    // Nobody else would notice that a notification was cut off.
    if (this.#responder.unendedNotifications === 0) return;
    const { promise: expired, resolve } = Promise.withResolvers<void>();
    const timer = this.#schedule(resolve, timeout);
    this.#handled ??= Promise.withResolvers();
    await Promise.race([this.#handled.promise, expired]);
    this.clock.cancel(timer);
  }

  async close(): Promise<void> {
    const cause = new Error("the connection was closed");
    if (!this.#isDispatched) {
      this.#end(cause, retryLater("the server is shutting down", WAIT));
    } else if (this.#held > 0) {
      // As long as a connection may take to deliver the rest.
      const timeout = this.limits.closeTimeout + timeToTake(this.#held);
      await this.#within(timeout, () => this.#end(cause, ENDED));
    } else this.#end(cause, ENDED);
  }

  abort(reason: unknown): void {
    this.#end(reason, ENDED);
  }

  async #read(size: number): Promise<void> {
    const request = this.#request;
    this.#hold(size);
    let payload: Uint8Array<ArrayBuffer> | undefined;
    try {
      payload = await request.bytes();
    } catch (error) {
      // A body that is locked has not been read.
      if (!request.bodyUsed) this.#misuse = bodyInUse(error);
    }
    if (this.#answer.isComplete) return;
    this.#hold(0);
    if (payload?.byteLength === size) this.#dispatch(payload);
    else this.#answer.fail(BROKEN_BODY);
  }

  #dispatch(payload: Uint8Array<ArrayBuffer>): void {
    const { kind, operation } = this.#target;
    this.#watchdog?.stop();
    this.#isDispatched = true;
    this.#bytesIn = payload.byteLength;
    if (kind !== "notification") {
      if (this.observers.observesMessages) {
        const id = ID;
        this.observers
          .received({ kind: "SingleRequest", id, operation, payload });
      }
      return this.#responder.single(ID, operation, payload);
    }
    this.observers.received({ kind: "Notification", name: operation, payload });
    this.#responder.notification(operation, payload);
    this.settled();
  }

  /** Counts a result as held until the client has read it, which it must go on to do. */
  #deliver(size: number): void {
    this.#hold(size);
    const { writeTimeout } = this.limits;
    const watchdog = this.#watchdog = new Watchdog(this.clock, () => {
      const { bytesTaken } = this.#answer;
      if (bytesTaken === this.#taken) {
        const unread = failure(408, "timeout", "the response is not read");
        return this.#end(timeoutError(unread.text), unread);
      }
      this.#taken = bytesTaken;
      watchdog.reset(writeTimeout);
    });
    watchdog.reset(writeTimeout);
  }

  #hold(bytes: number): void {
    this.memory.change(bytes - this.#held);
    this.#held = bytes;
  }

  /** Waits until the call has ended; calls back after a time. */
  async #within(timeout: number, expired: () => void): Promise<void> {
    const timer = this.#schedule(expired, timeout);
    await this.#answer.complete;
    this.clock.cancel(timer);
  }

  /** Schedules a callback; none if the time is not limited. */
  #schedule(callback: () => void, timeout: number): unknown {
    return timeout === Infinity
      ? undefined
      : this.clock.schedule(callback, timeout);
  }

  #end(cause: unknown, failure: Failure): void {
    if (this.#answer.isComplete) return;
    this.#cause = cause;
    this.#responder.connectionClosed(cause);
    this.#answer.fail(failure);
  }

  /** Looks no more whether the client leaves. */
  #leave(): void {
    this.#options.lateCalls.delete(this);
    this.#unwatch?.();
  }

  #finish(): void {
    this.#leave();
    this.#watchdog?.stop();
    this.#hold(0);
    this.tracing?.instruments.closed(this);
    this.remote.ended(this.#cause);
    this.#options.ended(this);
  }
}

/** What the trace context of a request says of its parent. */
function extensionsOf({ trace }: CallTarget): ResponderLink["extensions"] {
  const parent = trace === undefined
    ? undefined
    : readTrace(tracePayload(ID, trace))?.parent;
  return { parent, readsByteStream: false };
}
