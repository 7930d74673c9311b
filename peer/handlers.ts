/**
 * Handlers for incoming requests and notifications.
 *
 * @module
 */

import {
  bytes,
  json,
  type Name,
  type PayloadCodec,
  text,
} from "../codec/mod.ts";
import type { ByteSource } from "../quoting/byte_source.ts";
import { inputError } from "./input_error.ts";
import { jsonLimits, type RequestContext } from "./context.ts";
import { type Schema, validate } from "./standard_schema.ts";
import { isThenable } from "./thenable.ts";

/**
 * Handles a request. Its return value is the result. A promise, or any other
 * object with a method `then`, is awaited.
 */
export type Handler<Input, Output> = (
  input: Input,
  context: RequestContext,
) => Output | PromiseLike<Output>;

/** The output of a stream handler: a web stream, any iterable of bytes, bytes, or nothing. */
export type StreamOutput =
  | ReadableStream<ByteSource>
  | AsyncIterable<ByteSource>
  | Iterable<ByteSource>
  | ByteSource
  | undefined
  | void;

/**
 * Handles a stream request: receives the request's data and returns the data of
 * the answer. The input is a byte stream like the readable of a `StreamPair`.
 */
export type StreamHandler = (
  parts: ReadableStream<Uint8Array<ArrayBuffer>>,
  context: RequestContext,
) => StreamOutput | PromiseLike<StreamOutput>;

/** Handles a notification. */
export type NotificationHandler<Input> = (
  input: Input,
  context: RequestContext,
) => void | PromiseLike<void>;

/**
 * Runs around handlers. It must return the outcome: what `next()` returns, which
 * is a payload or a promise of one (for a stream, the output), or bytes instead.
 */
export type Middleware = (
  context: RequestContext,
  next: () => unknown,
) => unknown;

/** Validators for the input and output of a handler. */
export interface HandlerOptions<Input = unknown, Output = unknown> {
  /** Validates the input before the handler runs. A request with invalid input is answered with an ErrorResult. */
  readonly input?: Schema<unknown, Input>;
  /** Validates the output before it is sent. Invalid output counts as a failure of the handler. */
  readonly output?: Schema<unknown, Output>;
}

/** A handler of any kind, as middleware runs it. */
type AnyHandler<Input> = (input: Input, context: RequestContext) => unknown;

/** A handler of a payload, as the responder runs it. */
export type PayloadHandler = (
  payload: Uint8Array<ArrayBuffer>,
  context: RequestContext,
) => unknown;

/**
 * A set of handlers, by name.
 *
 * A set may extend another one, whose handlers apply where it has none itself.
 * Methods that add a handler return the set. Names are looked up in maps, so a
 * name from the remote peer reaches a handler or nothing (request/operation).
 *
 * @example
 * ```ts
 * import { Handlers } from "@gotalk/gotalk/peer";
 *
 * const common = new Handlers().handle("ping", () => "pong");
 * const handlers = new Handlers(common)
 *   .handle("greet", ({ name }: { name: string }) => ({ greeting: `Hello ${name}` }))
 *   .handleBytes("echo", (payload) => payload)
 *   .onNotification("seen", ({ id }: { id: number }, { peer }) => peer.notify("thanks", { id }));
 * ```
 */
export class Handlers {
  readonly #base: Handlers | undefined;
  readonly #single = new Map<Name, PayloadHandler>();
  readonly #stream = new Map<Name, StreamHandler>();
  readonly #notification = new Map<Name, PayloadHandler>();
  readonly #middleware: Middleware[] = [];
  #singleFallback: PayloadHandler | undefined;
  #streamFallback: StreamHandler | undefined;
  #notificationFallback: PayloadHandler | undefined;

  /** Creates an empty set, or one that extends `base`. */
  constructor(base?: Handlers) {
    this.#base = base;
  }

  /** Sets the handler of single requests for an operation: JSON in, JSON out. */
  handle<Input = unknown, Output = unknown>(
    operation: string,
    handler: Handler<Input, Output>,
    options: HandlerOptions<Input, Output> = {},
  ): this {
    const checked = withSchemas(
      operation,
      handler as Handler<unknown, unknown>,
      options,
    );
    this.#single.set(operation, withCodec(json, checked));
    return this;
  }

  /** Sets the handler of single requests for an operation: text in, text out. */
  handleText(operation: string, handler: Handler<string, string>): this {
    this.#single.set(operation, withCodec(text, handler));
    return this;
  }

  /**
   * Sets the handler of single requests for an operation: bytes in, bytes out.
   *
   * The input stays valid after the handler returns. The output must not change
   * once it is returned.
   */
  handleBytes(
    operation: string,
    handler: Handler<Uint8Array<ArrayBuffer>, ByteSource>,
  ): this {
    this.#single.set(
      operation,
      withCodec(bytes, handler as Handler<Uint8Array, ByteSource>),
    );
    return this;
  }

  /** Sets the handler of stream requests for an operation: web streams of bytes in both directions. */
  handleStream(operation: string, handler: StreamHandler): this {
    this.#stream.set(operation, handler);
    return this;
  }

  /** Sets the handler of notifications with a name: JSON. Handlers start in the order in which notifications were sent (notify/order). */
  onNotification<Input = unknown>(
    name: string,
    handler: NotificationHandler<Input>,
    options: Pick<HandlerOptions<Input>, "input"> = {},
  ): this {
    const checked = withSchemas(
      name,
      handler as Handler<unknown, unknown>,
      options,
    );
    this.#notification.set(
      name,
      (payload, context) =>
        checked(decodeInput(json, payload, context), context),
    );
    return this;
  }

  /** Sets the handler of notifications with a name: bytes. */
  onNotificationBytes(
    name: string,
    handler: NotificationHandler<Uint8Array<ArrayBuffer>>,
  ): this {
    this.#notification.set(name, handler);
    return this;
  }

  /** Sets the handler of single requests for operations without a handler of their own. */
  handleOther(handler: Handler<Uint8Array<ArrayBuffer>, ByteSource>): this {
    this.#singleFallback = withCodec(
      bytes,
      handler as Handler<Uint8Array, ByteSource>,
    );
    return this;
  }

  /** Sets the handler of stream requests for operations without a handler of their own. */
  handleOtherStream(handler: StreamHandler): this {
    this.#streamFallback = handler;
    return this;
  }

  /** Sets the handler of notifications without a handler of their own. */
  onOtherNotification(
    handler: NotificationHandler<Uint8Array<ArrayBuffer>>,
  ): this {
    this.#notificationFallback = handler;
    return this;
  }

  /** Adds middleware around every handler of this set and of the sets it extends. The first one added is the outermost. */
  use(middleware: Middleware): this {
    this.#middleware.push(middleware);
    return this;
  }

  /** Returns the handler of single requests for an operation; `undefined` if there is none. */
  findSingle(operation: Name): PayloadHandler | undefined {
    return this.#find((set) => set.#single.get(operation)) ??
      this.#find((set) => set.#singleFallback);
  }

  /** Returns the handler of stream requests for an operation; `undefined` if there is none. */
  findStream(operation: Name): StreamHandler | undefined {
    return (this.#find((set) => set.#stream.get(operation)) ??
      this.#find((set) => set.#streamFallback)) as StreamHandler | undefined;
  }

  /** Returns the handler of notifications with a name; `undefined` if there is none. */
  findNotification(name: Name): PayloadHandler | undefined {
    return this.#find((set) => set.#notification.get(name)) ??
      this.#find((set) => set.#notificationFallback);
  }

  /** Returns the first handler found in this set and those it extends, within the middleware of all of them. */
  #find<Input>(
    handlerOf: (set: Handlers) => AnyHandler<Input> | undefined,
  ): AnyHandler<Input> | undefined {
    const base = this.#base;
    const handler = handlerOf(this) ?? (base && base.#find(handlerOf));
    return handler && this.#withMiddleware(handler);
  }

  #withMiddleware<Input>(handler: AnyHandler<Input>): AnyHandler<Input> {
    if (this.#middleware.length === 0) return handler;
    return this.#middleware.reduceRight(
      (inner, middleware) => (input, context) =>
        middleware(context, () => inner(input, context)),
      handler,
    );
  }
}

function withCodec<T, Given>(
  codec: PayloadCodec<T, Given>,
  handler: Handler<T, Given>,
): PayloadHandler {
  return (payload, context) => {
    const output = handler(decodeInput(codec, payload, context), context);
    return isThenable(output)
      ? Promise.resolve(output).then((value) => codec.encode(value, context))
      : codec.encode(output as Given, context);
  };
}

function decodeInput<T, Given>(
  codec: PayloadCodec<T, Given>,
  payload: Uint8Array<ArrayBuffer>,
  context: RequestContext,
): T {
  try {
    return codec.decode(payload, context, jsonLimits(context));
  } catch (error) {
    throw inputError(error);
  }
}

function withSchemas(
  operation: string,
  handler: Handler<unknown, unknown>,
  { input, output }: HandlerOptions,
): Handler<unknown, unknown> {
  if (input === undefined && output === undefined) return handler;
  return async (value, context) => {
    const checked = input === undefined
      ? value
      : await validate(input, value, "input", operation, "remote")
        .catch((error) => Promise.reject(inputError(error)));
    const result = await handler(checked, context);
    return output === undefined
      ? result
      : await validate(output, result, "output", operation, "local");
  };
}
