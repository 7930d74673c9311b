/**
 * The handlers of one connection that are running.
 *
 * @module
 */

import { abortContext, type RequestContext } from "../context.ts";
import type { Link } from "../link/link.ts";
import { HandlerDeadlines } from "./_handler_deadlines.ts";

/** What a handler runs for, or that nothing awaits it any more. */
type HandlerKind = "request" | "stream" | "notification" | "abandoned";

/**
 * Counts handlers from their first wait to their end.
 *
 * A handler cannot be stopped. One that was abandoned, since it took too long
 * or its stream or connection ended, occupies no slot of its kind, but counts
 * until it has ended.
 */
export class RunningHandlers {
  readonly #link: Link;
  readonly #kinds = new Map<RequestContext, HandlerKind>();
  readonly #counts: Record<HandlerKind, number> = {
    request: 0,
    stream: 0,
    notification: 0,
    abandoned: 0,
  };
  #deadlines: HandlerDeadlines | undefined;

  /** Creates the empty set of a link. */
  constructor(link: Link) {
    this.#link = link;
  }

  /** Number of handlers of single requests whose results are outstanding. */
  get requests(): number {
    return this.#counts.request;
  }

  /** Number of handlers of streams. */
  get streams(): number {
    return this.#counts.stream;
  }

  /** Number of handlers of notifications. */
  get notifications(): number {
    return this.#counts.notification;
  }

  /** Number of handlers that were abandoned and have not ended. */
  get abandoned(): number {
    return this.#counts.abandoned;
  }

  /** Whether as many handlers as allowed were abandoned. */
  get tooManyAbandoned(): boolean {
    return this.abandoned >= this.#link.limits.maxAbandonedHandlers;
  }

  /** The contexts of all handlers that were not abandoned. */
  get contexts(): RequestContext[] {
    return Array.from(this.#kinds.keys()).filter((each) => this.awaits(each));
  }

  /** Whether a handler is running and was not abandoned. */
  awaits(context: RequestContext): boolean {
    const kind = this.#kinds.get(context);
    return kind !== undefined && kind !== "abandoned";
  }

  /** Adds a handler that has not ended. */
  add(context: RequestContext, kind: HandlerKind): void {
    this.#kinds.set(context, kind);
    this.#counts[kind]++;
  }

  /** Whether the time of handlers is limited, which it is not by default: most need no callback. */
  get limitsTime(): boolean {
    return this.#link.limits.handlerTimeout !== Infinity;
  }

  /** Abandons a handler that does not end within `handlerTimeout`, and calls back. */
  limitTime(context: RequestContext, expired: () => void): void {
    const { clock, limits: { handlerTimeout } } = this.#link;
    if (handlerTimeout === Infinity) return;
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

  /** Aborts the context of a handler whose end nothing awaits any more. */
  abandon(context: RequestContext, reason: unknown): void {
    if (!this.awaits(context)) return;
    this.endTime(context);
    this.#counts[this.#kinds.get(context)!]--;
    this.add(context, "abandoned");
    abortContext(context, reason);
  }

  /** Removes a handler that has ended. */
  remove(context: RequestContext): void {
    this.endTime(context);
    this.#counts[this.#kinds.get(context)!]--;
    this.#kinds.delete(context);
  }

  /** Abandons all handlers: nothing can be sent any more. */
  connectionClosed(reason: unknown): void {
    this.#deadlines?.stop();
    for (const context of this.contexts) this.abandon(context, reason);
  }
}

/** Why the context of a handler is aborted that takes too long. */
function timedOut(timeout: number): DOMException {
  return new DOMException(
    `The handler was abandoned: it has not ended within ${timeout} ms`,
    "TimeoutError",
  );
}
