/**
 * Results of incoming requests.
 *
 * @module
 */

import { isLimitError, type Name, quoteName, text } from "../../codec/mod.ts";
import { bytesOf } from "../../quoting/byte_source.ts";
import { escapeUnprintable, excerpt } from "../../quoting/quote.ts";
import { nameOfValue } from "../../quoting/value.ts";
import { isPassedOn } from "../abort.ts";
import { recycledInput, type RequestContext } from "../context.ts";
import { CANCELLED_TEXT } from "../cancelled_text.ts";
import type { RefusalLimit } from "../events.ts";
import {
  inputErrorPayload,
  isInputError,
  takeRefusedPayload,
} from "../input_error.ts";
import { isLimitName, type LimitName } from "../limits.ts";
import type { ResponderLink } from "./responder_link.ts";
import type { MemoryLimit } from "../link/memory_account.ts";
import { isOperationError, type OperationError } from "../operation_error.ts";
import type { Overload } from "../peer_options.ts";
import { isRetryError, type RetryError } from "../retry_error.ts";
import { RetryWait } from "./_retry_wait.ts";

/** The payload for failures that a handler did not choose (request/failure-text). */
const INTERNAL_ERROR = text.encode("internal error");

/** What a request is answered with that a limit of 0 always refuses; other limits keep their reasons. */
const NOT_SUPPORTED: { readonly [Limit in LimitName]?: string } = {
  maxConcurrentRequests: "single requests not supported",
  maxConcurrentStreams: "stream requests not supported",
};

/** How much of an unknown operation is sent back, in characters. */
const SHOWN = 120;

/** The payload for a handler that takes longer than `handlerTimeout`. */
const HANDLER_TIMEOUT = text.encode("handler timeout");

/** The payload for a request that its requestor has cancelled (extension/cancel-text). */
const CANCELLED = text.encode(CANCELLED_TEXT);

/**
 * Sends results: of handlers, of their failures, and of requests that are
 * refused. None of them ends the connection (error/not-for-requests).
 */
export class ResultSender {
  readonly #link: ResponderLink;
  readonly #overload: Overload | undefined;
  /** The reason sent in refusals, once no requests are accepted, and when they are nevertheless. */
  #refusing:
    | { readonly reason: string; readonly isNeeded: () => boolean }
    | undefined;
  #singles: RetryWait | undefined;
  #streams: RetryWait | undefined;

  /** Creates the sender of a link. `overload` is what requests beyond a limit receive, if the application has decided. */
  constructor(link: ResponderLink, overload: Overload | undefined) {
    this.#link = link;
    this.#overload = overload;
  }

  /** The waits of refused single requests; created with the first request that needs time; bench: `connections-idle`. */
  get singles(): RetryWait {
    return this.#singles ??= new RetryWait(
      this.#link,
      this.#link.limits.maxConcurrentRequests,
    );
  }

  /** The waits of refused stream requests. */
  get streams(): RetryWait {
    return this.#streams ??= new RetryWait(
      this.#link,
      this.#link.limits.maxConcurrentStreams,
    );
  }

  /** Whether requests are still accepted. */
  get accepts(): boolean {
    return this.#refusing === undefined || this.#refusing.isNeeded();
  }

  /** Accepts no more requests, except while `isNeeded` returns true, and sends `reason` in refusals. */
  stopAccepting(reason: string, isNeeded: () => boolean): void {
    this.#refusing ??= { reason, isNeeded };
  }

  /** Sends the SingleResult of a single request (request/answer-kind), unless a connection would have to end to make space for it. */
  result(id: number, context: RequestContext, outcome: unknown): void {
    try {
      const payload = payloadOf(outcome, context);
      const { memory } = this.#link;
      memory.resultKnown(context.operation, payload.byteLength);
      const limit = memory.refusesResult(payload.byteLength);
      if (limit !== undefined) return this.discarded(id, context, limit);
      this.#link.send({ kind: "SingleResult", id, payload });
    } catch (error) {
      return this.failure(id, context, error);
    }
    const recycled = recycledInput(context);
    if (recycled !== undefined) this.#link.recycle(recycled);
  }

  /** Sends the result of a handler that failed (request/handler-failure). Failures that the handler did not choose are reported locally only. */
  failure(id: number, context: RequestContext, error: unknown): void {
    try {
      if (isRetryError(error) && isFromHandler(error)) {
        const { wait, payload } = error;
        return this.#link.send({ kind: "RetryResult", id, wait, payload });
      }
      this.#inputFailed(context, error);
      const payload = chosenPayload(error);
      if (payload !== undefined) return this.error(id, payload);
    } catch (cause) {
      error = cause;
    }
    this.error(id, INTERNAL_ERROR);
    this.report(context, error);
  }

  /** Sends an ErrorResult. Its payload is text unless a handler chose another (request/error-text). */
  error(id: number, payload: Uint8Array): void {
    this.#link.send({ kind: "ErrorResult", id, payload });
  }

  /** Sends the result of a request for an unknown operation (request/unknown-operation). */
  unknownOperation(id: number, operation: Name): void {
    this.error(id, text.encode(`unknown operation ${shown(operation)}`));
  }

  /** Refuses a request beyond a limit (limits/requests, limits/wait). */
  refusal(
    id: number,
    operation: Name,
    limit: RefusalLimit,
    reason: string,
    overload: Overload = this.#overload ?? this.#overloadOfRemote,
  ): void {
    const link = this.#link;
    const refusing = this.accepts ? undefined : this.#refusing;
    const cause = refusing ? "draining" : limit;
    this.refused(nameText(operation), cause);
    // A later request would be refused as well.
    const isNever = isLimitName(cause) && link.limits[cause] === 0;
    const payload = text.encode(
      refusing?.reason ?? (isNever ? NOT_SUPPORTED[cause] : undefined) ??
        reason,
    );
    if (overload === "error" || isNever) return this.error(id, payload);
    const wait = this.#wait(cause);
    link.send({ kind: "RetryResult", id, wait, payload });
  }

  /**
   * A page that does not report what peers of this package do may be one of
   * gotalk.js, which cannot read a RetryResult (limits/no-retry). Go sends an
   * `Origin` as well, but no browser omits its `User-Agent`.
   */
  get #overloadOfRemote(): Overload {
    const { channel: { info }, extensions } = this.#link;
    const { headers } = info.request ?? {};
    const isPage = info.transport === "websocket" && headers !== undefined &&
      headers.has("origin") &&
      headers.get("user-agent")?.startsWith("Mozilla/") === true;
    return isPage && extensions?.readsByteStream !== true ? "error" : "retry";
  }

  #wait(cause: RefusalLimit): number {
    switch (cause) {
      case "maxConcurrentRequests":
        return this.singles.next();
      case "maxConcurrentStreams":
        return this.streams.next();
      default:
        return this.singles.other();
    }
  }

  /** Answers a request whose result would have to wait beyond a limit. The handler has run, so that the request is not to be repeated. */
  discarded(
    id: number,
    { operation }: RequestContext,
    limit: MemoryLimit,
  ): void {
    this.refused(operation, limit);
    this.error(id, text.encode("result discarded: too many results wait"));
  }

  /** Reports that a handler has not ended within `handlerTimeout`, to the remote peer too if it was a request. */
  handlerExpired({ operation }: RequestContext, id?: number): void {
    this.refused(operation, "handlerTimeout");
    if (id !== undefined) this.error(id, HANDLER_TIMEOUT);
  }

  /** Completes the answer of a request that its requestor has cancelled (extension/cancel-answer). */
  cancelled(
    id: number,
    { operation }: RequestContext,
    reason: string,
  ): void {
    this.error(id, CANCELLED);
    this.#link.emit({
      type: "cancel",
      operation: escapeUnprintable(operation),
      reason: escapeUnprintable(reason),
    });
  }

  /** Reports what became of a notification that failed (notify/handler-failure): its input is invalid or exceeds a limit, or its handler failed. */
  notificationFailure(context: RequestContext, error: unknown): void {
    if (!this.#inputFailed(context, error)) this.report(context, error);
    else if (isLimitError(error)) this.#link.drop("Notification", "too-large");
  }

  /** Reports input that is invalid or beyond a limit. Returns whether that is what the error means. */
  #inputFailed({ operation }: RequestContext, error: unknown): boolean {
    if (!isInputError(error)) return false;
    const payload = takeRefusedPayload(error);
    if (payload !== undefined) this.#link.free(payload);
    if (isLimitError(error)) {
      this.refused(operation, error.code as LimitName);
    } else {
      operation = escapeUnprintable(operation);
      this.#link.emit({ type: "invalid-input", operation, error });
    }
    return true;
  }

  /** Reports a refusal to the observers. */
  refused(operation: string, limit: RefusalLimit): void {
    this.#link.emit({
      type: "refusal",
      operation: escapeUnprintable(operation),
      limit,
    });
  }

  /** Reports the failure of a handler to the observers, unless it was stopped and only passes on why. */
  report(context: RequestContext, error: unknown): void {
    if (isPassedOn(context.signal, error)) return;
    this.#link.emit({
      type: "handler-error",
      operation: escapeUnprintable(context.operation),
      error,
    });
  }
}

/**
 * Returns the payload that is the outcome of a handler. Handlers return nothing
 * else, but middleware can.
 *
 * @throws {TypeError} If it is not bytes.
 */
export function payloadOf(
  outcome: unknown,
  { operation }: RequestContext,
): Uint8Array {
  const attempt = "send the result";
  if (outcome instanceof Uint8Array) {
    return bytesOf(outcome, attempt, operation);
  }
  try {
    return bytesOf(outcome, attempt, operation);
  } catch (cause) {
    throw new TypeError(
      `Cannot ${attempt} of ${quoteName(operation)}: middleware returned ${
        nameOfValue(outcome)
      }, wanted what next() returned, or bytes`,
      { cause },
    );
  }
}

/** Returns a name as text: unchanged if it is text, otherwise escaped. */
export function nameText(name: Name): string {
  return typeof name === "string" ? name : quoteName(name).slice(1, -1);
}

/** Returns the payload that a handler chose for its failure; `undefined` for other errors, whose details stay local. */
function chosenPayload(error: unknown): Uint8Array | undefined {
  if (isOperationError(error) && isFromHandler(error)) return error.payload;
  return isInputError(error) ? inputErrorPayload(error) : undefined;
}

/** Whether a handler created the error itself. One that a call of the handler rejected with names an operation. */
function isFromHandler(error: OperationError | RetryError): boolean {
  return error.operation === undefined;
}

/** Returns a name in double quotes, escaped, or its start: the remote peer knows the rest. */
function shown(name: Name): string {
  return typeof name === "string"
    ? excerpt(name, SHOWN)
    : `${quoteName(name.subarray(0, SHOWN))}${name.length > SHOWN ? "…" : ""}`;
}
