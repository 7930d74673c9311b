/**
 * The responder: runs handlers for incoming requests and notifications.
 *
 * @module
 */

import { attempt } from "../../quoting/attempt.ts";
import { OPERATIONS } from "../../codec/extensions/operations.ts";
import type { Name } from "../../codec/mod.ts";
import { jsonTooLarge } from "../../codec/payload.ts";
import { CancelledError } from "../cancelled_error.ts";
import { RequestContext } from "../context.ts";
import type { PayloadHandler } from "../handler.ts";
import type { Handlers } from "../handlers.ts";
import type { LimitName } from "../limits.ts";
import type { Link } from "../link/link.ts";
import type { MemoryLimit } from "../link/memory_account.ts";
import { operationListOf } from "../operation_list.ts";
import { OVERLOAD_TEXTS } from "../overload.ts";
import type { Overload } from "../peer_options.ts";
import { isThenable } from "../thenable.ts";
import { AwaitedHandlers } from "./_awaited_handlers.ts";
import { nameText, ResultSender } from "./_result_sender.ts";
import { RunningHandlers } from "./_running_handlers.ts";
import type { ServedStream } from "./_served_stream.ts";
import { ServedStreams } from "./_served_streams.ts";
import { traced } from "./_traced_handler.ts";
import type { Failure, RequestListener } from "./request_listener.ts";
import type { ResponderLink } from "./responder_link.ts";

/** Runs handlers within the limits, and sends their results. */
export class Responder implements RequestListener {
  readonly #link: ResponderLink;
  readonly #handlers: Handlers;
  readonly #results: ResultSender;
  readonly #listsOperations: boolean;
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
  /** The time until which streams are accepted nevertheless. */
  #crossingUntil: number | undefined;
  #refusesNotifications = false;
  /** Created with the first handler that is asynchronous; bench: `connections-idle`. */
  #awaited: AwaitedHandlers | undefined;
  /** Number of requests received. */
  received = 0;

  /** Creates the responder of a link. */
  constructor(
    link: ResponderLink,
    handlers: Handlers,
    overload: Overload | undefined,
    listsOperations: boolean,
  ) {
    this.#link = link;
    this.#handlers = handlers;
    this.#listsOperations = listsOperations;
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

  /** Number of notifications that are being handled, although the connection may have ended. */
  get unendedNotifications(): number {
    return this.#running?.unendedNotifications ?? 0;
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
    const found = this.#handlers.findSingle(operation) ??
      this.#listHandler(operation);
    const handler = traced(link, "server", found);
    if (handler === undefined) {
      return this.#results.unknownOperation(id, operation);
    }
    const context = this.#enter(operation, id);
    let output: unknown;
    try {
      output = handler(payload, context);
    } catch (error) {
      this.#results.failure(id, context, error);
      return this.#leave();
    }
    if (isThenable(output) || link.congested) {
      void this.#awaitedHandlers.result(id, context, payload, output);
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
    const context = this.#enter(operation, id);
    const run = traced(this.#link, "server", handler);
    const output = attempt(run, payload, context);
    const failed = this.#awaitedHandlers
      .result(id, context, payload, output, false);
    this.#leave();
    return failed;
  }

  /** Refuses a request that the remote peer must not send before it has logged in. */
  forbid(id: number, operation: Name, isStream: boolean): void {
    if (isStream) this.#streams.remember(id, 0);
    this.#results.refusal(id, operation, "login", "not authenticated", "error");
  }

  stream(id: number, operation: Name, payload: Uint8Array<ArrayBuffer>): void {
    const streams = this.#streams;
    if (!streams.checkId(id)) return;
    this.received++;
    // limits/requests, stream/refused
    const exceeded = streams.exceededLimit;
    const accepts = this.#results.accepts || this.#mayCross;
    if (exceeded !== undefined || !accepts) {
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
    streams.open(id, this.#enter(operation, id), payload, handler, form);
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

  /** The remote peer takes more of an answer. Returns whether that changes anything. */
  credited(id: number, offset: number): boolean {
    return this.#served?.credited(id, offset) === true;
  }

  /** The stream with the most unread data; `undefined` if there is none. */
  get fullest(): ServedStream | undefined {
    return this.#served?.fullest;
  }

  /** Ends a stream of which too much is unread. */
  overflow(stream: ServedStream): void {
    this.#streams.overflow(stream);
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
    if (isThenable(done)) {
      void this.#awaitedHandlers.notification(context, payload, done);
    }
    this.#leave();
  }

  /** Answers a request that the remote peer cancels, and stops its handler. Returns whether it was being handled. */
  cancel(id: number, reason: string): boolean {
    if (this.#served?.cancel(id, reason)) return true;
    const context = this.#running?.find(id);
    if (context === undefined) return false;
    this.#results.cancelled(id, context, reason);
    this.#runningHandlers.cancel(context, new CancelledError(reason));
    // A result that waits for the write queue is discarded.
    this.#link.writer.wake();
    this.#link.settled();
    return true;
  }

  /** Nothing: its extension counts what does no work. */
  extension(): void {}

  oversizedNotification(): void {
    this.#link.drop("Notification", "too-large");
  }

  parses(kind: "SingleRequest" | "Notification", name: Name): boolean {
    return this.#handlers.parses(kind, name);
  }

  jsonOversizedRequest(id: number, operation: Name, size: number): void {
    this.received++;
    const { maxJsonBytes } = this.#link.limits;
    const { message } = jsonTooLarge(size, { operation }, maxJsonBytes);
    // limits/request-payload
    this.#results
      .refusal(id, operation, "maxJsonBytes", message, "error");
    this.#leave();
  }

  jsonOversizedNotification(name: Name): void {
    this.#results.refused(nameText(name), "maxJsonBytes");
    this.oversizedNotification();
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

  /** Refuses further requests, except while `isNeeded` returns true, and streams that arrive within `crossing` milliseconds. */
  refuse(reason: string, isNeeded: () => boolean, crossing: number): void {
    this.#crossingUntil ??= this.#link.clock.now() + crossing;
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
    // One that has ended the connection itself may yet have to be awaited.
    const running = this.#entered ? this.#runningHandlers : this.#running;
    running?.connectionClosed(reason, this.#entered);
    this.#link.writer.wake();
    this.#served?.connectionClosed(reason);
  }

  get #runningHandlers(): RunningHandlers {
    return this.#running ??= new RunningHandlers(this.#link);
  }

  get #awaitedHandlers(): AwaitedHandlers {
    return this.#awaited ??= new AwaitedHandlers(
      this.#link,
      this.#results,
      this.#runningHandlers,
      (context) => this.#ended(context),
    );
  }

  /** Whether a request may have been sent before the remote peer knew that the local one drains, which it does. */
  get #mayCross(): boolean {
    return this.#link.clock.now() < this.#crossingUntil!;
  }

  /** Begins the synchronous part of a handler, and returns its context. */
  #enter(operation: Name, id?: number): RequestContext {
    const { limits, remote } = this.#link;
    return this.#entered = new RequestContext(
      remote,
      nameText(operation),
      limits,
      id,
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

  /** The handler of the operation that lists all others, if it is offered (extension/operations-off). */
  #listHandler(operation: Name): PayloadHandler | undefined {
    return this.#listsOperations && operation === OPERATIONS
      ? operationListOf(this.#handlers)
      : undefined;
  }

  get #streams(): ServedStreams {
    return this.#served ??= new ServedStreams(
      // Only a whole link receives stream requests.
      this.#link as Link,
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
    return (this.#awaited?.waitingBytes ?? 0) >= limits.maxWriteQueueBytes
      ? "maxWriteQueueBytes"
      : memory.refusesExpectedResult(operation);
  }
}
