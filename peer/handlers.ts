/**
 * What a peer does when it is asked.
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
import { inputError } from "./input_error.ts";
import type { RequestContext } from "./context.ts";
import { type Schema, validate } from "./standard_schema.ts";

/** Answers a request. Its result, or what the promise resolves to, is the answer. */
export type Handler<Input, Output> = (
  input: Input,
  context: RequestContext,
) => Output | Promise<Output>;

/** The parts of an answer: a web stream, any iterable of bytes, or nothing. */
export type StreamOutput =
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>
  | undefined
  | void;

/**
 * Answers a stream request: takes the parts of the input, gives those of the output.
 *
 * The input is a stream of bytes, with the same reading as that of a `StreamPair`.
 */
export type StreamHandler = (
  parts: ReadableStream<Uint8Array<ArrayBuffer>>,
  context: RequestContext,
) => StreamOutput | Promise<StreamOutput>;

/** Hears a notification. */
export type NotificationHandler<Input> = (
  input: Input,
  context: RequestContext,
) => void | Promise<void>;

/** Surrounds handlers: calls `next` for the handler's outcome, or does something else. */
export type Middleware = (
  context: RequestContext,
  next: () => unknown,
) => unknown;

/** How the input and output of a handler are checked. */
export interface HandlerOptions<Input = unknown, Output = unknown> {
  /** Checks the input before the handler sees it; a request that fails is answered with an error. */
  readonly input?: Schema<unknown, Input>;
  /** Checks the output before it is sent; one that fails counts as a failure of the handler. */
  readonly output?: Schema<unknown, Output>;
}

/** A handler of any kind, as middleware surrounds it. */
type AnyHandler<Input> = (input: Input, context: RequestContext) => unknown;

/** A handler of payloads, as a peer runs it. */
export type PayloadHandler = (
  payload: Uint8Array<ArrayBuffer>,
  context: RequestContext,
) => unknown;

/**
 * A set of handlers, by name.
 *
 * Sets can overlay each other: one that extends another is asked first. Each method that adds something
 * returns the set. Names are looked up in maps, so no name can reach anything but a handler.
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
  #notificationFallback: PayloadHandler | undefined;

  /** Creates an empty set, or one that extends another. */
  constructor(base?: Handlers) {
    this.#base = base;
  }

  /** Answers single requests for an operation: JSON in, JSON out. */
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

  /** Answers single requests for an operation: text in, text out. */
  handleText(operation: string, handler: Handler<string, string>): this {
    this.#single.set(operation, withCodec(text, handler));
    return this;
  }

  /**
   * Answers single requests for an operation: bytes in, bytes out.
   *
   * The input is valid for as long as the handler wants; what it returns must not be changed afterwards.
   */
  handleBytes(
    operation: string,
    handler: Handler<Uint8Array<ArrayBuffer>, Uint8Array>,
  ): this {
    this.#single.set(
      operation,
      withCodec(bytes, handler as Handler<Uint8Array, Uint8Array>),
    );
    return this;
  }

  /** Answers stream requests for an operation: web streams of bytes in and out. */
  handleStream(operation: string, handler: StreamHandler): this {
    this.#stream.set(operation, handler);
    return this;
  }

  /** Hears notifications of a name: JSON. Notifications are begun in the order in which they were sent. */
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
        checked(json.decode(payload, { operation: name }), context),
    );
    return this;
  }

  /** Hears notifications of a name: bytes. */
  onNotificationBytes(
    name: string,
    handler: NotificationHandler<Uint8Array<ArrayBuffer>>,
  ): this {
    this.#notification.set(name, handler);
    return this;
  }

  /** Answers single requests for operations that no other handler answers. */
  handleOther(handler: Handler<Uint8Array<ArrayBuffer>, Uint8Array>): this {
    this.#singleFallback = handler;
    return this;
  }

  /** Hears notifications that no other handler hears. */
  onOtherNotification(
    handler: NotificationHandler<Uint8Array<ArrayBuffer>>,
  ): this {
    this.#notificationFallback = handler;
    return this;
  }

  /** Surrounds every handler of this set, and of those that it extends; the first one added is the outermost. */
  use(middleware: Middleware): this {
    this.#middleware.push(middleware);
    return this;
  }

  /** The handler for single requests for an operation; `undefined` when there is none. */
  findSingle(operation: Name): PayloadHandler | undefined {
    return this.#find((set) => set.#single.get(operation)) ??
      this.#find((set) => set.#singleFallback);
  }

  /** The handler for stream requests for an operation; `undefined` when there is none. */
  findStream(operation: Name): StreamHandler | undefined {
    return this.#find((set) => set.#stream.get(operation)) as StreamHandler;
  }

  /** The handler for notifications of a name; `undefined` when there is none. */
  findNotification(name: Name): PayloadHandler | undefined {
    return this.#find((set) => set.#notification.get(name)) ??
      this.#find((set) => set.#notificationFallback);
  }

  /** The first handler that this set or one that it extends has, within the middleware of all of these. */
  #find<Input>(
    handlerOf: (set: Handlers) => AnyHandler<Input> | undefined,
  ): AnyHandler<Input> | undefined {
    const base = this.#base;
    const handler = handlerOf(this) ?? (base && base.#find(handlerOf));
    return handler && this.#surround(handler);
  }

  #surround<Input>(handler: AnyHandler<Input>): AnyHandler<Input> {
    if (this.#middleware.length === 0) return handler;
    return this.#middleware.reduceRight(
      (inner, middleware) => (input, context) =>
        middleware(context, () => inner(input, context)),
      handler,
    );
  }
}

function withCodec<T>(
  codec: PayloadCodec<T>,
  handler: Handler<T, T>,
): PayloadHandler {
  return (payload, context) => {
    const output = handler(decodeInput(codec, payload, context), context);
    return output instanceof Promise
      ? output.then((value) => codec.encode(value, context))
      : codec.encode(output, context);
  };
}

function decodeInput<T>(
  codec: PayloadCodec<T>,
  payload: Uint8Array<ArrayBuffer>,
  context: RequestContext,
): T {
  try {
    return codec.decode(payload, context);
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
