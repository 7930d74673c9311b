/**
 * The handlers of one connection that are running.
 *
 * @module
 */

import { abortContext, type RequestContext, requestIdOf } from "../context.ts";
import type { ResponderLink } from "./responder_link.ts";
import { HandlerDeadlines } from "./_handler_deadlines.ts";

/** What a handler runs for. */
type Purpose = "request" | "stream" | "notification";

/** The same; or that its request was cancelled, or that nothing awaits it for another reason. */
type RunningKind =
  | Purpose
  | "cancelled-request"
  | "cancelled-stream"
  | "left-notification"
  | "abandoned";

/** What becomes of a handler whose request is cancelled. */
const CANCELLED = {
  request: "cancelled-request",
  stream: "cancelled-stream",
} as const;

/**
 * Counts handlers from their first wait to their end.
 *
 * A handler cannot be stopped. One whose request was cancelled keeps its place,
 * since it still runs: requesting and cancelling in a loop must not run more
 * handlers than the limit (extension/cancel-running). One that was abandoned,
 * since it took too long, before or after that, or its stream or connection
 * ended, occupies no slot of its kind, but counts until it has ended. Draining
 * still waits for the notifications among those whose connection ended: nobody
 * else would notice that they were cut off.
 */
export class RunningHandlers {
  readonly #link: ResponderLink;
  readonly #kinds = new Map<RequestContext, RunningKind>();
  readonly #counts: Record<RunningKind, number> = {
    request: 0,
    stream: 0,
    notification: 0,
    "cancelled-request": 0,
    "cancelled-stream": 0,
    "left-notification": 0,
    abandoned: 0,
  };
  /** Handlers of single requests by request ID, once the remote peer has cancelled one. */
  #requests: Map<number, RequestContext> | undefined;
  #deadlines: HandlerDeadlines | undefined;
  #cancelDeadlines: HandlerDeadlines | undefined;
  /** Why the connection has ended. */
  #closed: { readonly reason: unknown } | undefined;

  /** Creates the empty set of a link. */
  constructor(link: ResponderLink) {
    this.#link = link;
  }

  /** Number of handlers of single requests whose results are outstanding, or that were cancelled and have not ended. */
  get requests(): number {
    return this.#counts.request + this.#counts["cancelled-request"];
  }

  /** Number of handlers of streams, those that were cancelled included. */
  get streams(): number {
    return this.#counts.stream + this.#counts["cancelled-stream"];
  }

  /** Number of handlers of notifications. */
  get notifications(): number {
    return this.#counts.notification;
  }

  /** Number of handlers of notifications that have not ended, although the connection may have. */
  get unendedNotifications(): number {
    return this.notifications + this.#counts["left-notification"];
  }

  /** Number of handlers that were abandoned and have not ended. */
  get abandoned(): number {
    return this.#counts.abandoned + this.#counts["left-notification"];
  }

  /** Whether as many handlers as allowed were abandoned. */
  get tooManyAbandoned(): boolean {
    return this.abandoned >= this.#link.limits.maxAbandonedHandlers;
  }

  /** The contexts of all handlers that were neither cancelled nor abandoned. */
  get contexts(): RequestContext[] {
    return Array.from(this.#kinds.keys()).filter((each) => this.awaits(each));
  }

  /** Whether a handler is running and was neither cancelled nor abandoned. */
  awaits(context: RequestContext): boolean {
    return isPurpose(this.#kinds.get(context));
  }

  /** Returns the context of the handler of a single request; `undefined` if none is awaited. */
  find(id: number): RequestContext | undefined {
    if (this.#requests === undefined) {
      this.#requests = new Map();
      for (const [context, kind] of this.#kinds) {
        if (kind === "request") {
          this.#requests.set(requestIdOf(context), context);
        }
      }
    }
    return this.#requests.get(id);
  }

  /** Adds a handler that has not ended. It is abandoned if it has ended the connection itself. */
  add(context: RequestContext, kind: Purpose): void {
    this.#kinds.set(context, kind);
    this.#counts[kind]++;
    if (this.#closed !== undefined) this.#leave(context, this.#closed.reason);
    else if (kind === "request") {
      this.#requests?.set(requestIdOf(context), context);
    }
  }

  /** Whether the time of handlers is limited, which it is not by default: most need no callback. */
  get limitsTime(): boolean {
    return this.#link.limits.handlerTimeout !== Infinity;
  }

  /** Abandons a handler that does not end within `handlerTimeout`, which is finite, and calls back. */
  limitTime(context: RequestContext, expired: () => void): void {
    if (!this.awaits(context)) return;
    const { clock, limits: { handlerTimeout } } = this.#link;
    this.#deadlines ??= new HandlerDeadlines(clock, handlerTimeout);
    this.#deadlines.start(context, () => {
      expired();
      this.abandon(context, timedOut(handlerTimeout));
      this.#link.settled();
    });
  }

  /** Records that the output of a handler is known, although it may not have been sent. */
  endTime(context: RequestContext): void {
    this.#deadlines?.end(context);
  }

  /** Aborts the context of a handler whose request was cancelled. It keeps its place until it ends, or `cancelTimeout` has passed. */
  cancel(context: RequestContext, reason: unknown): void {
    const kind = this.#kinds.get(context);
    if (kind !== "request" && kind !== "stream") return;
    this.#move(context, kind, CANCELLED[kind]);
    const { clock, limits: { cancelTimeout } } = this.#link;
    if (cancelTimeout !== Infinity) {
      this.#cancelDeadlines ??= new HandlerDeadlines(clock, cancelTimeout);
      this.#cancelDeadlines.start(context, () => {
        this.abandon(context, reason);
        this.#link.settled();
      });
    }
    abortContext(context, reason);
  }

  /** Aborts the context of a handler whose end nothing awaits any more. */
  abandon(context: RequestContext, reason: unknown): void {
    this.#abandon(context, reason, "abandoned");
  }

  /** Removes a handler that has ended. */
  remove(context: RequestContext): void {
    this.#forget(context);
    this.#counts[this.#kinds.get(context)!]--;
    this.#kinds.delete(context);
  }

  /** Abandons all handlers, and the one whose synchronous part is running: nothing can be sent any more. */
  connectionClosed(reason: unknown, entered?: RequestContext): void {
    this.#deadlines?.stop();
    this.#cancelDeadlines?.stop();
    this.#closed ??= { reason };
    if (entered !== undefined) abortContext(entered, reason);
    for (const context of [...this.#kinds.keys()]) {
      this.#leave(context, reason);
    }
  }

  /** Abandons a handler since its connection has ended. */
  #leave(context: RequestContext, reason: unknown): void {
    const isNotification = this.#kinds.get(context) === "notification";
    const left = isNotification ? "left-notification" : "abandoned";
    this.#abandon(context, reason, left);
  }

  #abandon(context: RequestContext, reason: unknown, as: RunningKind): void {
    const kind = this.#kinds.get(context);
    if (kind === undefined || kind === "abandoned") return;
    this.#move(context, kind, as);
    abortContext(context, reason);
  }

  #move(context: RequestContext, from: RunningKind, to: RunningKind): void {
    this.#forget(context);
    this.#counts[from]--;
    this.#kinds.set(context, to);
    this.#counts[to]++;
  }

  /** Ends the time of a handler, and forgets its request. */
  #forget(context: RequestContext): void {
    this.endTime(context);
    this.#cancelDeadlines?.end(context);
    const requests = this.#requests;
    if (requests === undefined) return;
    const id = requestIdOf(context);
    // Another one may have the same ID (request/id-duplicate).
    if (requests.get(id) === context) requests.delete(id);
  }
}

function isPurpose(kind: RunningKind | undefined): kind is Purpose {
  return kind === "request" || kind === "stream" || kind === "notification";
}

/** Why the context of a handler is aborted that takes too long. */
function timedOut(timeout: number): DOMException {
  return new DOMException(
    `The handler was abandoned: it has not ended within ${timeout} ms`,
    "TimeoutError",
  );
}
