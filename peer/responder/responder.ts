/**
 * The responder: runs handlers for incoming requests and notifications.
 *
 * @module
 */

import type { Name } from "../../codec/mod.ts";
import { RequestContext } from "../context.ts";
import type { PayloadHandler } from "../handler.ts";
import type { Handlers } from "../handlers.ts";
import type { LimitName } from "../limits.ts";
import type { Link } from "../link/link.ts";
import type { MemoryLimit } from "../link/memory_account.ts";
import { OVERLOAD_TEXTS } from "../overload.ts";
import type { Overload } from "../peer_options.ts";
import { costOf, HandledPayloads } from "./_handled_payloads.ts";
import { isThenable } from "../thenable.ts";
import { nameText, payloadOf, ResultSender } from "./_result_sender.ts";
import { RunningHandlers } from "./_running_handlers.ts";
import { ServedStreams } from "./_served_streams.ts";
import { traced } from "./_traced_handler.ts";
import type { Failure, RequestListener } from "./request_listener.ts";

/** Runs handlers within the limits, and sends their results. */
export class Responder implements RequestListener {
  readonly #link: Link;
  readonly #handlers: Handlers;
  readonly #results: ResultSender;
  /** Created with the first stream: many peers receive none; bench: `connections-idle`. */
  #served: ServedStreams | undefined;
  /**
   * Handlers that have not ended, by context: several single requests may share
   * an ID (request/id-duplicate, request/id-again). Created with the first
   * request or notification.
   */
  #running: RunningHandlers | undefined;
  /** The context of the handler whose synchronous part is running. */
  #entered: RequestContext | undefined;
  /** While draining, what was running before. */
  #early: readonly RequestContext[] | undefined;
  #refusesNotifications = false;
  /** Created with the first handler that is asynchronous; bench: `connections-idle`. */
  #handled: HandledPayloads | undefined;
  /** Bytes of results that wait for the write queue. */
  #waitingBytes = 0;
  /** Number of requests received. */
  received = 0;

  /** Creates the responder of a link. */
  constructor(link: Link, handlers: Handlers, overload: Overload) {
    this.#link = link;
    this.#handlers = handlers;
    this.#results = new ResultSender(link, overload);
  }

  /** Number of requests that are being handled. */
  get running(): number {
    const running = this.#running;
    return running === undefined ? 0 : running.requests + running.streams;
  }

  /** Number of notifications that are being handled. */
  get notifications(): number {
    return this.#running?.notifications ?? 0;
  }

  /** Number of handlers that were abandoned and have not ended. */
  get abandoned(): number {
    return this.#running?.abandoned ?? 0;
  }

  /** Whether a request is being handled, or the synchronous part of any handler is running. */
  get busy(): boolean {
    return this.#entered !== undefined || this.running > 0;
  }

  /** Whether any handler is running that was running when draining began. */
  get busyFromBefore(): boolean {
    return this.#early?.some((context) =>
      context === this.#entered || this.#running?.awaits(context)
    ) === true;
  }

  single(id: number, operation: Name, payload: Uint8Array<ArrayBuffer>): void {
    const link = this.#link;
    this.received++;
    const exceeded = this.#exceededLimit(operation);
    if (exceeded !== undefined) {
      const text = OVERLOAD_TEXTS.maxConcurrentRequests;
      this.#results.refusal(id, operation, exceeded, text);
      return this.#leave();
    }
    const found = this.#handlers.findSingle(operation);
    const handler = traced(link, "server", found);
    if (handler === undefined) {
      return this.#results.unknownOperation(id, operation);
    }
    const context = this.#enter(operation);
    let output: unknown;
    try {
      output = handler(payload, context);
    } catch (error) {
      this.#results.failure(id, context, error);
      return this.#leave();
    }
    if (isThenable(output) || link.congested) {
      void this.#resultLater(id, context, payload, output);
    } else this.#results.result(id, context, output);
    this.#leave();
  }

  /** Runs a given handler for a single request, without a limit of its time; returns what it failed with. */
  run(
    id: number,
    operation: string,
    payload: Uint8Array<ArrayBuffer>,
    handler: PayloadHandler,
  ): Promise<Failure | undefined> {
    const context = this.#enter(operation);
    const run = traced(this.#link, "server", handler);
    const output = Promise.try(run, payload, context);
    const failed = this.#resultLater(id, context, payload, output, false);
    this.#leave();
    return failed;
  }

  /** Refuses a request that the remote peer must not send before it has logged in. */
  forbid(id: number, operation: Name, isStream: boolean): void {
    if (isStream) this.#streams.remember(id);
    this.#results.refusal(id, operation, "login", "not authenticated", "error");
  }

  stream(id: number, operation: Name, payload: Uint8Array<ArrayBuffer>): void {
    const streams = this.#streams;
    if (!streams.checkId(id)) return;
    this.received++;
    // limits/requests, stream/refused
    const exceeded = streams.exceededLimit;
    if (exceeded !== undefined || !this.#results.accepts) {
      streams.remember(id);
      const limit = exceeded ?? "maxConcurrentStreams";
      const text = OVERLOAD_TEXTS.maxConcurrentStreams;
      this.#results.refusal(id, operation, limit, text);
      return this.#leave();
    }
    const handler = this.#handlers.findStream(operation);
    if (handler === undefined) {
      streams.remember(id);
      return this.#results.unknownOperation(id, operation);
    }
    const form = this.#handlers.streamForm(operation);
    streams.open(id, this.#enter(operation), payload, handler, form);
    this.#leave();
  }

  part(id: number, payload: Uint8Array<ArrayBuffer>): void {
    this.#streams.part(id, payload);
  }

  oversizedRequest(
    id: number,
    operation: Name,
    isStream: boolean,
    limit: LimitName = "maxPayloadBytes",
  ): void {
    if (isStream) {
      if (!this.#streams.checkId(id)) return;
      this.#streams.remember(id);
    }
    // limits/request-payload
    this.#results.refusal(id, operation, limit, "payload too large", "error");
  }

  oversizedPart(id: number): void {
    this.#streams.oversizedPart(id);
  }

  notification(name: Name, payload: Uint8Array<ArrayBuffer>): void {
    const link = this.#link;
    const found = this.#handlers.findNotification(name);
    const handler = traced(link, "consumer", found);
    // notify/unknown, notify/no-answer
    if (handler === undefined) return link.drop("Notification", "no-handler");
    if (this.#refusesNotifications) {
      return link.drop("Notification", "draining");
    }
    if (
      this.notifications >= link.limits.maxConcurrentNotifications ||
      this.#running?.tooManyAbandoned
    ) return link.drop("Notification", "too-many");
    const context = this.#enter(name);
    let done: unknown;
    try {
      done = handler(payload, context);
    } catch (error) {
      // notify/handler-failure
      this.#results.notificationFailure(context, error);
      return this.#leave();
    }
    if (isThenable(done)) void this.#notified(context, payload, done);
    this.#leave();
  }

  oversizedNotification(): void {
    this.#link.drop("Notification", "too-large");
  }

  refusedRequest(
    id: number,
    operation: Name,
    isStream: boolean,
    limit: MemoryLimit,
  ): void {
    if (isStream) {
      if (!this.#streams.checkId(id)) return;
      this.#streams.remember(id);
    }
    // limits/requests
    this.#results.refusal(id, operation, limit, "memory limit");
  }

  refusedNotification(): void {
    this.#link.drop("Notification", "too-much-held");
  }

  /** Errors the streams whose data is incomplete: the remote peer has ended its direction. */
  inputEnded(reason: unknown): void {
    this.#served?.inputEnded(reason);
  }

  /** Refuses further requests, except while `isNeeded` returns true. */
  refuse(reason: string, isNeeded: () => boolean): void {
    const entered = this.#entered === undefined ? [] : [this.#entered];
    this.#early ??= [...this.#running?.contexts ?? [], ...entered];
    this.#results.stopAccepting(reason, isNeeded);
  }

  /** Drops further notifications. */
  refuseNotifications(): void {
    this.#refusesNotifications = true;
  }

  /** Aborts the contexts of all handlers: their results can no longer be sent. */
  connectionClosed(reason: unknown): void {
    this.#running?.connectionClosed(reason);
    this.#link.writer.wake();
    this.#served?.connectionClosed(reason);
  }

  get #runningHandlers(): RunningHandlers {
    return this.#running ??= new RunningHandlers(this.#link);
  }

  get #payloads(): HandledPayloads {
    return this.#handled ??= new HandledPayloads(this.#link.memory);
  }

  /** Begins the synchronous part of a handler, and returns its context. */
  #enter(operation: Name): RequestContext {
    const { limits, remote } = this.#link;
    return this.#entered = new RequestContext(
      remote,
      nameText(operation),
      limits,
    );
  }

  /** Ends the synchronous part of a handler, or records that none was called. */
  #leave(): void {
    this.#entered = undefined;
    // A drain may have begun in the handler, or wait for the next request.
    if (this.#early !== undefined) this.#link.settled();
  }

  /** Removes a handler that has ended. */
  #ended(context: RequestContext): void {
    this.#running?.remove(context);
    this.#link.settled();
  }

  get #streams(): ServedStreams {
    return this.#served ??= new ServedStreams(
      this.#link,
      this.#results,
      this.#runningHandlers,
      (context) => this.#ended(context),
    );
  }

  /** The limit that refuses a single request now. */
  #exceededLimit(operation: Name): LimitName | MemoryLimit | undefined {
    const { limits, memory } = this.#link;
    const running = this.#running;
    if (
      (running?.requests ?? 0) >= limits.maxConcurrentRequests ||
      !this.#results.accepts
    ) return "maxConcurrentRequests";
    if (running?.tooManyAbandoned) return "maxAbandonedHandlers";
    return this.#waitingBytes >= limits.maxWriteQueueBytes
      ? "maxWriteQueueBytes"
      : memory.refusesExpectedResult(operation);
  }

  /**
   * Sends a result once the handler has returned it and the write queue is short
   * enough. Other requests are handled meanwhile (request/concurrent).
   */
  async #resultLater(
    id: number,
    context: RequestContext,
    input: Uint8Array<ArrayBuffer>,
    output: unknown,
    isLimited = true,
  ): Promise<Failure | undefined> {
    const link = this.#link;
    const running = this.#runningHandlers;
    running.add(context, "request");
    if (isLimited) {
      running.limitTime(
        context,
        () => this.#results.handlerExpired(context, id),
      );
    }
    const isTimed = this.#results.singles.begun();
    const held = this.#payloads.hold(input);
    // At once: the next request of the chunk must find it counted.
    // Not by `instanceof`, at which a proxy may throw.
    const ready = ArrayBuffer.isView(output) ? output as Uint8Array : undefined;
    let size = ready?.byteLength ?? 0;
    let charged = ready === undefined ? 0 : costOf(ready, held);
    this.#waiting(size, charged);
    const { memory } = link;
    const { operation } = context;
    let expected = size > 0 ? 0 : memory.expectedResult(operation);
    memory.work(expected);
    try {
      const payload = payloadOf(await output, context);
      running.endTime(context);
      memory.work(-expected);
      expected = 0;
      memory.resultKnown(operation, payload.byteLength);
      if (size === 0 && link.congested) {
        const limit = memory.refuses(payload.byteLength);
        if (limit !== undefined && running.awaits(context)) {
          this.#results.discarded(id, context, limit);
          return undefined;
        }
        size = payload.byteLength;
        charged = costOf(payload, held);
        this.#waiting(size, charged);
      }
      // One that cannot be sent any more must not hold memory until the queue moves.
      const wanted = () => running.awaits(context);
      while (link.congested && wanted()) await link.uncongested(wanted);
      // request/answered
      if (wanted()) {
        this.#waiting(-size, -charged);
        size = charged = 0; // The write queue is charged for it.
        this.#results.result(id, context, payload);
      }
      return undefined;
    } catch (error) {
      if (running.awaits(context)) {
        this.#results.failure(id, context, error);
      } else this.#results.lateFailure(context, error);
      return { error };
    } finally {
      this.#waiting(-size, -charged);
      memory.work(-expected);
      this.#payloads.release(held);
      this.#results.singles.finished(isTimed);
      this.#ended(context);
    }
  }

  /** Waits for the handler of a notification; others are handled meanwhile (notify/not-blocking). */
  async #notified(
    context: RequestContext,
    payload: Uint8Array<ArrayBuffer>,
    done: unknown,
  ): Promise<void> {
    const running = this.#runningHandlers;
    running.add(context, "notification");
    running.limitTime(context, () => this.#results.handlerExpired(context));
    const held = this.#payloads.hold(payload);
    try {
      await done;
    } catch (error) {
      if (running.awaits(context)) {
        this.#results.notificationFailure(context, error);
      } else this.#results.lateFailure(context, error);
    } finally {
      this.#payloads.release(held);
      this.#ended(context);
    }
  }

  /** Records that a result begins to wait, or ends. */
  #waiting(size: number, charged: number): void {
    this.#waitingBytes += size;
    this.#link.memory.change(charged);
  }
}
