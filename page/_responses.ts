/**
 * The requests and notifications that a page handles.
 *
 * @module
 */

import type { LimitError } from "../codec/limit_error.ts";
import { type Name, quoteName } from "../codec/name.ts";
import { text } from "../codec/payload.ts";
import { isPassedOn } from "../peer/abort.ts";
import { CANCELLED_TEXT } from "../peer/cancelled_text.ts";
import { abortContext, RequestContext } from "../peer/context.ts";
import type { Handlers } from "../peer/handlers.ts";
import { inputErrorPayload, isInputError } from "../peer/input_error.ts";
import { isOperationError } from "../peer/operation_error.ts";
import { OVERLOAD_TEXTS } from "../peer/overload.ts";
import type { Remote } from "../peer/remote.ts";
import { isRetryError } from "../peer/retry_error.ts";
import { SHUTTING_DOWN } from "../peer/shutting_down.ts";
import { isThenable } from "../peer/thenable.ts";
import { attempt } from "../quoting/attempt.ts";
import { bytesOf } from "../quoting/byte_source.ts";
import { abortError } from "./_errors.ts";
import type { Line } from "./_line.ts";
import { ServedStream } from "./_served_stream.ts";
import { fault } from "./_wire.ts";

/** How many ended streams are remembered, whose late parts are no fault (limits/ended-streams). */
const MAX_ENDED = 1024;

/** The range of the wait of refused requests, in milliseconds (limits/wait). */
const WAIT = { least: 50, range: 500 } as const;

/** A handler that has not ended. */
interface Running {
  readonly id: string;
  readonly context: RequestContext;
  /** Whether the request has been answered already. */
  isAnswered: boolean;
}

/** Runs handlers, and sends their results. */
export class Responses {
  /** Number of requests received. */
  received = 0;
  readonly #line: Line;
  readonly #remote: Remote;
  readonly #handlers: Handlers;
  readonly #running = new Set<Running>();
  readonly #notified = new Set<RequestContext>();
  readonly #streams = new Map<string, ServedStream>();
  readonly #ended = new Set<string>();
  /** Number of streams whose handlers have not ended. */
  #runningStreams = 0;
  /** Whether requests are accepted although the peer drains; `undefined` if it does not. */
  #accepts: (() => boolean) | undefined;

  constructor(
    line: Line,
    remote: Remote,
    handlers: Handlers,
  ) {
    this.#line = line;
    this.#remote = remote;
    this.#handlers = handlers;
  }

  /** Number of requests that are handled. */
  get running(): number {
    return this.#running.size + this.#runningStreams;
  }

  /** Number of handlers that have not ended. */
  get busy(): number {
    return this.running + this.#notified.size;
  }

  /** Handles a single request. */
  single(
    id: string,
    name: Name,
    payload: Uint8Array<ArrayBuffer> | undefined,
  ): void {
    const { maxConcurrentRequests } = this.#line.limits;
    const reason = OVERLOAD_TEXTS.maxConcurrentRequests;
    const isFull = this.#running.size >= maxConcurrentRequests;
    if (this.#isRefused(id, payload, isFull, reason)) return;
    const handler = this.#handlers.findSingle(name);
    if (handler === undefined) return this.#unknown(id, name);
    const context = this.#context(name);
    const running = { id, context, isAnswered: false };
    this.#running.add(running);
    this.#run(running, () => handler(payload!, context));
  }

  /** Sends what a handler returns: at once unless it is a promise, since the handler may have begun to close the peer. */
  #run(running: Running, handle: () => unknown): void {
    const { id, context } = running;
    try {
      const output = handle();
      if (isThenable(output)) {
        return void Promise.resolve(output).then(
          (value) => this.#run(running, () => value),
          (error) =>
            this.#run(running, () => {
              throw error;
            }),
        );
      }
      const result = bytesOf(output, "send the result", context.operation);
      if (!running.isAnswered) this.#line.send("R", id, "", result);
    } catch (error) {
      this.#failed(running, error);
    }
    this.#running.delete(running);
    this.#line.settled();
  }

  /** Handles a stream request. */
  stream(
    id: string,
    name: Name,
    payload: Uint8Array<ArrayBuffer> | undefined,
  ): void {
    if (this.#streams.has(id)) {
      return this.#line.end(fault("not-allowed", ", a stream has a used ID"));
    }
    this.#ended.delete(id);
    const { maxConcurrentStreams } = this.#line.limits;
    const reason = OVERLOAD_TEXTS.maxConcurrentStreams;
    const isFull = this.#runningStreams >= maxConcurrentStreams;
    const handler = this.#handlers.findStream(name);
    if (this.#isRefused(id, payload, isFull, reason)) return this.#forget(id);
    if (handler === undefined) {
      this.#forget(id);
      return this.#unknown(id, name);
    }
    const stream = new ServedStream(
      this.#line,
      id,
      this.#context(name),
      this.#handlers.streamForm(name),
      (error) => this.#overflow(stream, error),
    );
    this.#streams.set(id, stream);
    this.#runningStreams++;
    stream.first(payload!);
    void stream.run(handler)
      .catch((error) => this.#failed(stream, error))
      .then(() => {
        this.#runningStreams--;
        // One that was stopped has left its ID to the next (stream/id-again).
        if (!stream.isAnswered) this.#close(stream);
        stream.finish(abortError("The answer is complete"));
        this.#line.settled();
      });
  }

  /** Receives a part of a stream request. */
  part(id: string, payload: Uint8Array<ArrayBuffer> | undefined): void {
    const stream = this.#streams.get(id);
    if (stream !== undefined && payload !== undefined) {
      return stream.part(payload);
    }
    if (stream !== undefined) {
      // stream/part-after-end
      if (stream.hasEnded) return;
      // limits/part-payload
      this.#error(id, "payload too large");
      this.#close(stream);
      return stream.stop(new Error("a part was too large"));
    }
    // stream/late-parts, stream/unknown-part
    if (this.#ended.has(id)) return;
    this.#line.end(fault("not-allowed", ", a part has the ID of no stream"));
  }

  /** Handles a notification; one that is unknown, or one too many, is dropped. */
  notification(
    name: Name,
    payload: Uint8Array<ArrayBuffer> | undefined,
  ): void {
    const { maxConcurrentNotifications } = this.#line.limits;
    const handler = this.#handlers.findNotification(name);
    if (handler === undefined || payload === undefined) return;
    if (this.#notified.size >= maxConcurrentNotifications) return;
    const context = this.#context(name);
    this.#notified.add(context);
    void attempt(handler, payload, context)
      .catch((error) => {
        if (!isInputError(error)) report(context, error);
      })
      .then(() => {
        this.#notified.delete(context);
        this.#line.settled();
      });
  }

  /** The remote peer cancels a request (extension/cancel); `why` is empty, or a colon and its reason. */
  cancel(id: string, why: string): void {
    // An error of the browser takes long: none for a request that is unknown.
    const error = () =>
      abortError(`The remote peer cancelled the request${why}`);
    const stream = this.#streams.get(id);
    if (stream !== undefined) {
      this.#error(id, CANCELLED_TEXT);
      this.#close(stream);
      return stream.stop(error());
    }
    for (const running of this.#running) {
      if (running.id !== id || running.isAnswered) continue;
      this.#error(id, CANCELLED_TEXT);
      running.isAnswered = true;
      return abortContext(running.context, error());
    }
  }

  /** The remote peer takes more of an answer (extension/credit). */
  credited(id: string, offset: number): void {
    this.#streams.get(id)?.credited(offset);
  }

  /** Refuses requests, except while `accepts` returns true. */
  refuse(accepts: () => boolean): void {
    this.#accepts ??= accepts;
  }

  /** The conversation is over: stops all handlers. */
  closed(cause: unknown): void {
    for (const running of this.#running) {
      running.isAnswered = true;
      abortContext(running.context, cause);
    }
    for (const context of this.#notified) abortContext(context, cause);
    for (const stream of this.#streams.values()) stream.stop(cause);
    this.#streams.clear();
  }

  #context(name: Name): RequestContext {
    const operation = typeof name === "string"
      ? name
      : quoteName(name).slice(1, -1);
    return new RequestContext(this.#remote, operation);
  }

  /** Answers a request that is refused; returns whether it is. */
  #isRefused(
    id: string,
    payload: Uint8Array | undefined,
    isFull: boolean,
    reason: string,
  ): boolean {
    this.received++;
    const isDraining = this.#accepts?.() === false;
    if (payload === undefined) this.#error(id, "payload too large");
    else if (isFull || isDraining) {
      const wait = WAIT.least + Math.floor(Math.random() * WAIT.range);
      const why = text.encode(isDraining ? SHUTTING_DOWN : reason);
      this.#line.send("e", id, "", why, wait);
    } else return false;
    return true;
  }

  #unknown(id: string, name: Name): void {
    this.#error(id, `unknown operation ${quoteName(name)}`);
  }

  #error(id: string, why: string): void {
    this.#line.send("E", id, "", text.encode(why));
  }

  /** Sends what a handler failed with, if it chose it (request/failure-text). */
  #failed(
    running: Pick<Running, "id" | "context" | "isAnswered">,
    error: unknown,
  ): void {
    const { context, id } = running;
    if (running.isAnswered) return report(context, error);
    if (isRetryError(error) && error.operation === undefined) {
      return this.#line.send("e", id, "", error.payload, error.wait);
    }
    if (isOperationError(error) && error.operation === undefined) {
      return this.#line.send("E", id, "", error.payload);
    }
    if (isInputError(error)) {
      return this.#line.send("E", id, "", inputErrorPayload(error));
    }
    this.#error(id, "internal error");
    report(context, error);
  }

  #overflow(stream: ServedStream, error: LimitError): void {
    this.#error(stream.id, "too much unread data");
    this.#close(stream);
    stream.stop(error);
  }

  #close({ id }: ServedStream): void {
    if (this.#streams.delete(id)) this.#forget(id);
  }

  /** Remembers that a stream has ended. */
  #forget(id: string): void {
    this.#ended.add(id);
    if (this.#ended.size <= MAX_ENDED) return;
    for (const oldest of this.#ended) return void this.#ended.delete(oldest);
  }
}

/** Prints the failure of a handler, since nobody else receives it, unless it was stopped and only passes on why. */
function report({ operation, signal }: RequestContext, error: unknown): void {
  if (isPassedOn(signal, error)) return;
  console.error(`The handler of ${quoteName(operation)} failed:`, error);
}
