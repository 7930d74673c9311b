/**
 * The requests and notifications of the other side.
 *
 * @module
 */

import {
  type Name,
  ProtocolError,
  ProtocolErrorCode,
  quoteName,
  text,
} from "../../codec/mod.ts";
import type { Asked } from "./request_listener.ts";
import { isInputError } from "../input_error.ts";
import { ServedStream } from "./_served_stream.ts";
import type { Wire } from "../link/_wire.ts";
import { RequestContext } from "../context.ts";
import type { Handlers, PayloadHandler } from "../handlers.ts";
import { isOperationError, type OperationError } from "../operation_error.ts";
import { isRetryError, type RetryError } from "../retry_error.ts";

/** How many streams that have ended are remembered, since parts of them may still be under way. */
const MOST_ENDED = 1024;

const NOTHING = new Uint8Array(0);

/** What the other side is told of a failure that the handler did not choose. */
const INTERNAL_ERROR = text.encode("internal error");

/** What a handler failed with. */
export interface Failure {
  readonly error: unknown;
}

/** Whether requests beyond a limit are asked to come again, or fail. */
export type Overload = "retry" | "error";

/** Runs handlers, within the limits, and sends what they answer. */
export class Serving implements Asked {
  readonly #wire: Wire;
  readonly #handlers: Handlers;
  readonly #overload: Overload;
  /** What handlers of single requests that take their time know. */
  #running: Set<RequestContext> | undefined;
  #streams: Map<number, ServedStream> | undefined;
  /** Streams that were answered or refused, the oldest first: further parts of them are dropped. */
  #ended: Set<number> | undefined;
  #runningStreams = 0;
  /** The bytes of answers that wait for room to be sent. */
  #waitingBytes = 0;
  #notifications = 0;
  /** Why no requests are taken any more. */
  #refusal: string | undefined;

  constructor(wire: Wire, handlers: Handlers, overload: Overload) {
    this.#wire = wire;
    this.#handlers = handlers;
    this.#overload = overload;
  }

  /** How many requests are being handled. */
  get running(): number {
    return (this.#running?.size ?? 0) + this.#runningStreams;
  }

  single(id: number, operation: Name, payload: Uint8Array<ArrayBuffer>): void {
    if (
      (this.#running?.size ?? 0) >= this.#wire.limits.maxConcurrentRequests ||
      this.#refusal
    ) {
      return this.#refuse(
        id,
        operation,
        "maxConcurrentRequests",
        "request rate limit",
      );
    }
    if (this.#waitingBytes >= this.#wire.limits.maxWriteQueueBytes) {
      return this.#refuse(
        id,
        operation,
        "maxWriteQueueBytes",
        "request rate limit",
      );
    }
    const handler = this.#handlers.findSingle(operation);
    if (handler === undefined) return this.#unknown(id, operation);
    const context = new RequestContext(this.#wire.peer, nameText(operation));
    let output: unknown;
    try {
      output = handler(payload, context);
    } catch (error) {
      return this.#failed(id, context, error);
    }
    if (output instanceof Promise || this.#outboundFull) {
      void this.#answerLater(id, context, output);
    } else this.#answer(id, context, output as Uint8Array);
  }

  /** Has a single request answered by a handler of its own; gives what that failed with. */
  run(
    id: number,
    operation: string,
    payload: Uint8Array<ArrayBuffer>,
    handler: PayloadHandler,
  ): Promise<Failure | undefined> {
    const context = new RequestContext(this.#wire.peer, operation);
    const output = Promise.try(handler, payload, context);
    return this.#answerLater(id, context, output);
  }

  /** Answers a request that the other side may not make before it has logged in. */
  forbid(id: number, operation: Name, isStream: boolean): void {
    if (isStream) this.#remember(id);
    this.#refuse(id, operation, "login", "not authenticated", "error");
  }

  stream(id: number, operation: Name, payload: Uint8Array<ArrayBuffer>): void {
    if (this.#streams?.has(id)) return this.#repeated();
    this.#ended?.delete(id);
    if (
      this.#runningStreams >= this.#wire.limits.maxConcurrentStreams ||
      this.#refusal
    ) {
      this.#remember(id);
      return this.#refuse(
        id,
        operation,
        "maxConcurrentStreams",
        "stream rate limit",
      );
    }
    const handler = this.#handlers.findStream(operation);
    if (handler === undefined) {
      this.#remember(id);
      return this.#unknown(id, operation);
    }
    const context = new RequestContext(this.#wire.peer, nameText(operation));
    const stream = new ServedStream(
      this.#wire,
      id,
      context,
      () => this.#abandon(stream, "streamIdleTimeout", "stream idle timeout"),
    );
    (this.#streams ??= new Map()).set(id, stream);
    this.#runningStreams++;
    stream.first(payload);
    stream.run(handler).then(
      () =>
        this.#finished(
          stream,
          new DOMException("The stream was answered", "AbortError"),
        ),
      (error) => {
        if (!stream.answered) this.#failed(id, context, error);
        this.#finished(stream, error);
      },
    );
  }

  part(id: number, payload: Uint8Array<ArrayBuffer>): void {
    const stream = this.#streams?.get(id);
    if (stream !== undefined && !stream.inputEnded) {
      stream.part(payload);
    } else if (stream !== undefined || this.#ended?.has(id)) {
      this.#wire.drop("StreamRequestPart", "stream-ended");
    } else {
      this.#wire.fail(
        this.#notAllowed("StreamRequestPart", "belongs to no stream"),
      );
    }
  }

  tooLarge(
    id: number,
    operation: Name,
    isStream: boolean,
    limit: "maxPayloadBytes" | "maxLoginPayloadBytes" = "maxPayloadBytes",
  ): void {
    if (isStream && this.#streams?.has(id)) return this.#repeated();
    if (isStream) this.#remember(id);
    this.#refuse(id, operation, limit, "payload too large", "error");
  }

  /** The stream cannot go on without the part. */
  partTooLarge(id: number): void {
    const stream = this.#streams?.get(id);
    if (stream === undefined || stream.inputEnded) this.part(id, NOTHING);
    else this.#abandon(stream, "maxPayloadBytes", "payload too large");
  }

  notification(name: Name, payload: Uint8Array<ArrayBuffer>): void {
    const handler = this.#handlers.findNotification(name);
    if (handler === undefined) {
      return this.#wire.drop("Notification", "no-handler");
    }
    if (this.#notifications >= this.#wire.limits.maxConcurrentNotifications) {
      return this.#wire.drop("Notification", "too-many");
    }
    const context = new RequestContext(this.#wire.peer, nameText(name));
    let done: unknown;
    try {
      done = handler(payload, context);
    } catch (error) {
      return this.#report(context, error);
    }
    if (!(done instanceof Promise)) return;
    this.#notifications++;
    done.catch((error) => this.#report(context, error)).finally(() =>
      this.#notifications--
    );
  }

  notificationTooLarge(): void {
    this.#wire.drop("Notification", "too-large");
  }

  /** Breaks the streams whose input has not ended, since no more of it will come. */
  inputOver(reason: unknown): void {
    for (const stream of this.#streams?.values() ?? []) stream.cut(reason);
  }

  /** Refuses further requests. */
  refuse(reason: string): void {
    this.#refusal ??= reason;
  }

  /** Tells all handlers that their answers are not wanted any more. */
  connectionClosed(reason: unknown): void {
    for (const context of this.#running ?? []) context.abort(reason);
    this.#running = undefined;
    for (const stream of this.#streams?.values() ?? []) stream.stop(reason);
    this.#streams = undefined;
    this.#ended = undefined;
  }

  /** Whether answers have to wait, since the other side does not read those that there are. */
  get #outboundFull(): boolean {
    const { queuedBytes, limits } = this.#wire;
    return queuedBytes >= limits.writeHighWaterMarkBytes;
  }

  async #answerLater(
    id: number,
    context: RequestContext,
    output: unknown,
  ): Promise<Failure | undefined> {
    (this.#running ??= new Set()).add(context);
    let size = output instanceof Uint8Array ? output.byteLength : 0;
    this.#waitingBytes += size;
    try {
      const payload = await output;
      if (size === 0 && this.#outboundFull) {
        size = (payload as Uint8Array).byteLength;
        this.#waitingBytes += size;
      }
      while (this.#outboundFull) {
        await this.#wire.room(this.#wire.limits.writeHighWaterMarkBytes);
      }
      if (this.#running?.has(context)) {
        this.#answer(id, context, payload as Uint8Array);
      }
      return undefined;
    } catch (error) {
      if (this.#running?.has(context)) this.#failed(id, context, error);
      else this.#report(context, error);
      return { error };
    } finally {
      this.#waitingBytes -= size;
      this.#running?.delete(context);
      this.#wire.settled();
    }
  }

  #answer(id: number, context: RequestContext, payload: Uint8Array): void {
    try {
      this.#wire.send({ kind: "SingleResult", id, payload });
    } catch (error) {
      return this.#failed(id, context, error);
    }
    const { recycled } = context;
    if (recycled !== undefined) this.#wire.recycle(recycled);
  }

  /** Sends what a failure of a handler becomes; what the handler did not choose stays here. */
  #failed(id: number, context: RequestContext, error: unknown): void {
    try {
      if (isRetryError(error) && isOwn(error)) {
        const { wait, payload } = error;
        return this.#wire.send({ kind: "RetryResult", id, wait, payload });
      }
      const payload = chosenText(error);
      if (payload !== undefined) {
        return this.#wire.send({ kind: "ErrorResult", id, payload });
      }
    } catch (unwritable) {
      error = unwritable;
    }
    this.#wire.send({ kind: "ErrorResult", id, payload: INTERNAL_ERROR });
    this.#report(context, error);
  }

  #report(context: RequestContext, error: unknown): void {
    this.#wire.emit({
      type: "handler-error",
      operation: context.operation,
      error,
    });
  }

  #finished(stream: ServedStream, reason: unknown): void {
    if (this.#streams?.get(stream.id) === stream) {
      this.#streams?.delete(stream.id);
      this.#remember(stream.id);
    }
    this.#runningStreams--;
    stream.stop(reason);
    this.#wire.settled();
  }

  /** Answers a stream with an error, whatever its handler does. */
  #abandon(stream: ServedStream, limit: string, why: string): void {
    const { operation } = stream.context;
    this.#wire.emit({ type: "refusal", operation, limit });
    this.#wire.send({
      kind: "ErrorResult",
      id: stream.id,
      payload: text.encode(why),
    });
    this.#streams?.delete(stream.id);
    this.#remember(stream.id);
    stream.stop(
      new DOMException(`The stream was abandoned: ${why}`, "AbortError"),
    );
  }

  #remember(id: number): void {
    const ended = this.#ended ??= new Set();
    ended.add(id);
    if (ended.size <= MOST_ENDED) return;
    const [oldest] = ended;
    ended.delete(oldest!);
  }

  #unknown(id: number, operation: Name): void {
    const payload = text.encode(`unknown operation ${quoteName(operation)}`);
    this.#wire.send({ kind: "ErrorResult", id, payload });
  }

  #refuse(
    id: number,
    operation: Name,
    limit: string,
    reason: string,
    overload: Overload = this.#overload,
  ): void {
    const payload = text.encode(this.#refusal ?? reason);
    this.#wire.emit({ type: "refusal", operation: nameText(operation), limit });
    if (overload === "error") {
      return this.#wire.send({ kind: "ErrorResult", id, payload });
    }
    const [min, max] = this.#wire.limits.overloadWait;
    const wait = Math.round(min + this.#wire.random() * (max - min));
    this.#wire.send({ kind: "RetryResult", id, wait, payload });
  }

  /** A stream request came under the ID of a running one: its parts could not be told apart. */
  #repeated(): void {
    this.#wire.fail(
      this.#notAllowed("StreamRequest", "is in use by a running stream"),
    );
  }

  #notAllowed(kind: string, what: string): ProtocolError {
    return new ProtocolError(
      `Cannot accept ${kind}: its request ID ${what}, wanted another`,
      {
        code: ProtocolErrorCode.invalidMessage,
        reason: "not-allowed",
      },
    );
  }
}

/** What an error tells the other side; `undefined` for errors that are none of its business. */
function chosenText(error: unknown): Uint8Array | undefined {
  if (isOperationError(error) && isOwn(error)) return error.payload;
  return isInputError(error) ? text.encode(error.message) : undefined;
}

/** Whether a handler made an error itself: one that a call of its own rejected with names an operation. */
function isOwn(error: OperationError | RetryError): boolean {
  return error.operation === undefined;
}

/** A name as text: unchanged where it is text, else escaped. */
function nameText(name: Name): string {
  return typeof name === "string" ? name : quoteName(name).slice(1, -1);
}
