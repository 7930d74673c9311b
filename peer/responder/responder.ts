/**
 * The responder: runs handlers for incoming requests and notifications.
 *
 * @module
 */

import type { Name } from "../../codec/mod.ts";
import { abortContext, RequestContext } from "../context.ts";
import type { Handlers, PayloadHandler } from "../handlers.ts";
import type { LimitName } from "../limits.ts";
import type { Link } from "../link/link.ts";
import type { MemoryLimit } from "../link/memory_account.ts";
import type { Overload } from "../peer_options.ts";
import { type HandledMemory, HandledPayloads } from "./_handled_payloads.ts";
import { isThenable } from "../thenable.ts";
import { nameText, payloadOf, ResultSender } from "./_result_sender.ts";
import { ServedStreams } from "./_served_streams.ts";
import type { RequestListener } from "./request_listener.ts";

/** What a handler failed with. */
export interface Failure {
  readonly error: unknown;
}

/** Runs handlers within the limits, and sends their results. */
export class Responder implements RequestListener {
  readonly #link: Link;
  readonly #handlers: Handlers;
  readonly #results: ResultSender;
  /** Created with the first stream: many peers receive none; bench: `connections-idle`. */
  #served: ServedStreams | undefined;
  /** Contexts of single requests whose results are outstanding; several may share an ID (request/id-duplicate, request/id-again). */
  #running: Set<RequestContext> | undefined;
  /** Created with the first handler that is asynchronous; bench: `connections-idle`. */
  #handled: HandledPayloads | undefined;
  /** Bytes of results that wait for the write queue. */
  #waitingBytes = 0;
  #notifications = 0;

  /** Creates the responder of a link. */
  constructor(link: Link, handlers: Handlers, overload: Overload) {
    this.#link = link;
    this.#handlers = handlers;
    this.#results = new ResultSender(link, overload);
  }

  /** Number of requests that are being handled. */
  get running(): number {
    return (this.#running?.size ?? 0) + (this.#served?.running ?? 0);
  }

  single(id: number, operation: Name, payload: Uint8Array<ArrayBuffer>): void {
    const link = this.#link;
    const exceeded = this.#exceededLimit();
    if (exceeded !== undefined) {
      return this.#results.refusal(
        id,
        operation,
        exceeded,
        "request rate limit",
      );
    }
    const handler = this.#handlers.findSingle(operation);
    if (handler === undefined) {
      return this.#results.unknownOperation(id, operation);
    }
    const context = this.#context(nameText(operation));
    let output: unknown;
    try {
      output = handler(payload, context);
    } catch (error) {
      return this.#results.failure(id, context, error);
    }
    if (isThenable(output) || link.congested) {
      void this.#resultLater(id, context, payload, output);
    } else this.#results.result(id, context, output);
  }

  /** Runs a given handler for a single request; returns what it failed with. */
  run(
    id: number,
    operation: string,
    payload: Uint8Array<ArrayBuffer>,
    handler: PayloadHandler,
  ): Promise<Failure | undefined> {
    const context = this.#context(operation);
    const output = Promise.try(handler, payload, context);
    return this.#resultLater(id, context, payload, output);
  }

  /** Refuses a request that the remote peer must not send before it has logged in. */
  forbid(id: number, operation: Name, isStream: boolean): void {
    if (isStream) this.#streams.remember(id);
    this.#results.refusal(id, operation, "login", "not authenticated", "error");
  }

  stream(id: number, operation: Name, payload: Uint8Array<ArrayBuffer>): void {
    const streams = this.#streams;
    if (!streams.checkId(id)) return;
    // limits/requests, stream/refused
    if (!streams.hasCapacity || !this.#results.accepts) {
      streams.remember(id);
      return this.#results.refusal(
        id,
        operation,
        "maxConcurrentStreams",
        "stream rate limit",
      );
    }
    const handler = this.#handlers.findStream(operation);
    if (handler === undefined) {
      streams.remember(id);
      return this.#results.unknownOperation(id, operation);
    }
    const context = this.#context(nameText(operation));
    streams.open(id, context, payload, handler);
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
    const handler = this.#handlers.findNotification(name);
    // notify/unknown, notify/no-answer
    if (handler === undefined) return link.drop("Notification", "no-handler");
    if (this.#notifications >= link.limits.maxConcurrentNotifications) {
      return link.drop("Notification", "too-many");
    }
    const context = this.#context(nameText(name));
    let done: unknown;
    try {
      done = handler(payload, context);
    } catch (error) {
      // notify/handler-failure
      return this.#results.notificationFailure(context, error);
    }
    if (!isThenable(done)) return;
    // notify/not-blocking
    this.#notifications++;
    const held = this.#payloads.hold(payload);
    Promise.resolve(done)
      .catch((error) => this.#results.notificationFailure(context, error))
      .finally(() => {
        this.#notifications--;
        this.#payloads.release(held);
      });
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

  /** Refuses further requests. */
  refuse(reason: string): void {
    this.#results.stopAccepting(reason);
  }

  /** Aborts the contexts of all handlers: their results can no longer be sent. */
  connectionClosed(reason: unknown): void {
    for (const context of this.#running ?? []) abortContext(context, reason);
    this.#running = undefined;
    this.#link.writer.wake();
    this.#served?.connectionClosed(reason);
  }

  get #payloads(): HandledPayloads {
    return this.#handled ??= new HandledPayloads(this.#link.memory);
  }

  #context(operation: string): RequestContext {
    const { limits, remote } = this.#link;
    return new RequestContext(remote, operation, limits);
  }

  get #streams(): ServedStreams {
    return this.#served ??= new ServedStreams(this.#link, this.#results);
  }

  /** The limit that refuses a single request now. */
  #exceededLimit(): LimitName | undefined {
    const { maxConcurrentRequests, maxWriteQueueBytes } = this.#link.limits;
    if (
      (this.#running?.size ?? 0) >= maxConcurrentRequests ||
      !this.#results.accepts
    ) return "maxConcurrentRequests";
    return this.#waitingBytes >= maxWriteQueueBytes
      ? "maxWriteQueueBytes"
      : undefined;
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
  ): Promise<Failure | undefined> {
    const link = this.#link;
    (this.#running ??= new Set()).add(context);
    const held = this.#payloads.hold(input);
    // At once: the next request of the chunk must find it counted.
    let size = output instanceof Uint8Array ? output.byteLength : 0;
    let charged = output instanceof Uint8Array ? costOf(output, held) : 0;
    this.#waiting(size, charged);
    const { memory } = link;
    const { operation } = context;
    let expected = size > 0 ? 0 : memory.expectedResult(operation);
    memory.work(expected);
    try {
      const payload = payloadOf(await output, context);
      memory.work(-expected);
      expected = 0;
      memory.resultKnown(operation, payload.byteLength);
      if (size === 0 && link.congested) {
        const limit = memory.refuses(payload.byteLength);
        if (limit !== undefined && this.#running?.has(context)) {
          this.#results.discarded(id, context, limit);
          return undefined;
        }
        size = payload.byteLength;
        charged = costOf(payload, held);
        this.#waiting(size, charged);
      }
      // One that cannot be sent any more must not hold memory until the queue moves.
      const wanted = () => this.#running?.has(context) === true;
      while (link.congested && wanted()) await link.uncongested(wanted);
      // request/answered
      if (wanted()) {
        this.#results.result(id, context, payload);
      }
      return undefined;
    } catch (error) {
      if (this.#running?.has(context)) {
        this.#results.failure(id, context, error);
      } else this.#results.report(context, error);
      return { error };
    } finally {
      this.#waiting(-size, -charged);
      memory.work(-expected);
      this.#payloads.release(held);
      this.#running?.delete(context);
      link.settled();
    }
  }

  /** Records that a result begins to wait, or ends. */
  #waiting(size: number, charged: number): void {
    this.#waitingBytes += size;
    this.#link.memory.change(charged);
  }
}

/** What a result costs that waits: nothing, if it lies in memory that is charged already. */
function costOf(result: Uint8Array, { buffer }: HandledMemory): number {
  return result.buffer === buffer ? 0 : result.byteLength;
}
