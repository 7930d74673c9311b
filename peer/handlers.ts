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
import { checkedFunction } from "./checked_function.ts";
import { jsonLimits, type RequestContext } from "./context.ts";
import type {
  AnyContract,
  Contract,
  ContractSection,
  Declared,
  Extended,
  Input,
  NotificationName,
  NotificationValue,
  OperationName,
  Output,
  SectionOf,
} from "./contract.ts";
import { inputError } from "./input_error.ts";
import { unreserved } from "./reserved_names.ts";
import { type Schema, validate } from "./standard_schema.ts";
import { isThenable } from "./thenable.ts";

/** What a function is wanted for, for errors. */
const SET = "set a handler";

/**
 * Handles a request. Its return value is the result. A promise, or any other
 * object with a method `then`, is awaited.
 */
export type Handler<Input, Output, Context = RequestContext> = (
  input: Input,
  context: Context,
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
export type StreamHandler<Context = RequestContext> = (
  parts: ReadableStream<Uint8Array<ArrayBuffer>>,
  context: Context,
) => StreamOutput | PromiseLike<StreamOutput>;

/** Handles a notification. */
export type NotificationHandler<Input, Context = RequestContext> = (
  input: Input,
  context: Context,
) => void | PromiseLike<void>;

/**
 * Runs around handlers. It must return the outcome: what `next()` returns, which
 * is a payload or a promise of one (for a stream, the output), or bytes instead.
 */
export type Middleware<Context = RequestContext> = (
  context: Context,
  next: () => unknown,
) => unknown;

/** Validators for the input and output of a handler. */
export interface HandlerOptions<Input = unknown, Output = unknown> {
  /** Validates the input before the handler runs. A request with invalid input is answered with an ErrorResult. */
  readonly input?: Schema<unknown, Input>;
  /**
   * Whether the ErrorResult for invalid input has the code `"invalid-input"` and
   * all issues, with their paths, as `data.issues`; `false` by default, which
   * sends the first one as text.
   */
  readonly sendIssues?: boolean;
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

/** A name that handlers may have: one of a section of a declared contract, any if none is declared. */
export type HandlerName<
  C extends Contract,
  Section extends ContractSection,
> = "~undeclared" extends keyof C ? string
  : keyof SectionOf<C, Section> & string;

/** The input of a handler: of a declared contract, as inferred if none is declared. */
export type HandlerInput<C extends Contract, Name, I> = "~undeclared" extends
  keyof C ? I
  : Name extends OperationName<C> ? Input<C, Name>
  : never;

/** The output of a handler: of a declared contract, as inferred if none is declared. */
export type HandlerOutput<C extends Contract, Name, O> = "~undeclared" extends
  keyof C ? O
  : Name extends OperationName<C> ? Output<C, Name>
  : never;

/** The value that a handler of notifications receives: of a declared contract, as inferred if none is declared. */
export type NotifiedValue<C extends Contract, Name, V> = "~undeclared" extends
  keyof C ? V
  : Name extends NotificationName<C> ? NotificationValue<C, Name>
  : never;

/**
 * The contract that a set of handlers fulfils: the declared one, or the one that
 * is inferred from what was added.
 *
 * Values travel as JSON: declare the contract if a handler returns what JSON
 * changes, such as a `Date`.
 *
 * @example A client that needs the type of the handlers only
 * ```ts
 * import { connect, type ContractOf, Handlers, serve } from "@gotalk/gotalk";
 * import { assertEquals } from "@std/assert";
 *
 * const handlers = new Handlers()
 *   .handle("add", ({ a, b }: { a: number; b: number }) => a + b);
 * type Calculator = ContractOf<typeof handlers>; // what a client imports
 *
 * await using server = await serve({ port: 0 }, handlers);
 * await using peer = await connect<Calculator>(server.address);
 * const sum: number = await peer.request("add", { a: 1, b: 2 });
 * assertEquals(sum, 3);
 * ```
 */
export type ContractOf<Set> = Set extends
  Handlers<infer C, infer _Called, infer _Auth> ? Declared<C> : never;

/**
 * A set of handlers, by name.
 *
 * A set may extend another one, whose handlers apply where it has none itself.
 * Methods that add a handler return the set. They throw a `TypeError` for names
 * that begin with `gotalk:`, which are reserved for extensions. Names are looked up in maps, so a
 * name from the remote peer reaches a handler or nothing (request/operation).
 *
 * With a contract as type argument, the compiler accepts only handlers that the
 * contract has. Without one, the type that each method returns includes the
 * handler that it added, and {@linkcode ContractOf} is the contract of all. Two
 * further type arguments describe the remote peer: the contract of what handlers
 * may request from it, and the type of `auth`.
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
 *
 * @example Handlers that a contract types, in both directions
 * ```ts
 * import { type Contract, Handlers } from "@gotalk/gotalk/peer";
 *
 * interface Library extends Contract {
 *   operations: { lend(book: { title: string }): { due: string } };
 * }
 * interface Reader extends Contract {
 *   operations: { confirm(question: string): boolean };
 * }
 *
 * const handlers = new Handlers<Library, Reader, { name: string }>()
 *   .handle("lend", async ({ title }, { peer, auth }) => {
 *     const agreed = await peer.request("confirm", `${auth.name}, lend ${title}?`);
 *     return { due: agreed ? "tomorrow" : "never" };
 *   });
 * ```
 */
export class Handlers<
  Offered extends Contract = AnyContract,
  Called extends Contract = AnyContract,
  Auth = unknown,
> {
  readonly #base: Handlers | undefined;
  readonly #single = new Map<Name, PayloadHandler>();
  readonly #stream = new Map<Name, StreamHandler>();
  readonly #notification = new Map<Name, PayloadHandler>();
  readonly #middleware: Middleware[] = [];
  #singleFallback: PayloadHandler | undefined;
  #streamFallback: StreamHandler | undefined;
  #notificationFallback: PayloadHandler | undefined;

  /** Creates an empty set, or one that extends `base`. */
  constructor(base?: Handlers<Offered, Called, Auth> | Handlers) {
    this.#base = base as Handlers | undefined;
  }

  /** Sets the handler of single requests for an operation: JSON in, JSON out. */
  handle<
    Name extends HandlerName<Offered, "operations">,
    Input = unknown,
    Output = unknown,
  >(
    operation: Name,
    handler: Handler<
      HandlerInput<Offered, Name, Input>,
      HandlerOutput<Offered, Name, Output>,
      RequestContext<Called, Auth>
    >,
    options: HandlerOptions<
      HandlerInput<Offered, Name, Input>,
      HandlerOutput<Offered, Name, Output>
    > = {},
  ): Handlers<
    Extended<Offered, "operations", Name, (input: Input) => Output>,
    Called,
    Auth
  > {
    const checked = withSchemas(
      operation,
      handler as Handler<unknown, unknown>,
      options as HandlerOptions,
    );
    this.#single.set(unreserved(operation), withCodec(json, checked));
    return this as never;
  }

  /** Sets the handler of single requests for an operation: text in, text out. */
  handleText<Name extends HandlerName<Offered, "operations">>(
    operation: Name,
    handler: Handler<string, string, RequestContext<Called, Auth>>,
  ): Handlers<
    Extended<Offered, "operations", Name, (input: string) => string>,
    Called,
    Auth
  > {
    this.#single.set(
      unreserved(operation),
      withCodec(text, checkedFunction(SET, handler) as Handler<string, string>),
    );
    return this as never;
  }

  /**
   * Sets the handler of single requests for an operation: bytes in, bytes out.
   *
   * The input stays valid after the handler returns. The output must not change
   * once it is returned.
   */
  handleBytes<Name extends HandlerName<Offered, "operations">>(
    operation: Name,
    handler: Handler<
      Uint8Array<ArrayBuffer>,
      ByteSource,
      RequestContext<Called, Auth>
    >,
  ): Handlers<
    Extended<Offered, "operations", Name, (input: Uint8Array) => Uint8Array>,
    Called,
    Auth
  > {
    this.#single.set(
      unreserved(operation),
      withCodec(
        bytes,
        checkedFunction(SET, handler) as Handler<Uint8Array, ByteSource>,
      ),
    );
    return this as never;
  }

  /** Sets the handler of stream requests for an operation: web streams of bytes in both directions. */
  handleStream<Name extends HandlerName<Offered, "streams">>(
    operation: Name,
    handler: StreamHandler<RequestContext<Called, Auth>>,
  ): Handlers<
    Extended<Offered, "streams", Name, () => void>,
    Called,
    Auth
  > {
    this.#stream.set(
      unreserved(operation),
      checkedFunction(SET, handler) as StreamHandler,
    );
    return this as never;
  }

  /** Sets the handler of notifications with a name: JSON. Handlers start in the order in which notifications were sent (notify/order). */
  onNotification<
    Name extends HandlerName<Offered, "notifications">,
    Input = unknown,
  >(
    name: Name,
    handler: NotificationHandler<
      NotifiedValue<Offered, Name, Input>,
      RequestContext<Called, Auth>
    >,
    options: Pick<
      HandlerOptions<NotifiedValue<Offered, Name, Input>>,
      "input"
    > = {},
  ): Handlers<Extended<Offered, "notifications", Name, Input>, Called, Auth> {
    const checked = withSchemas(
      name,
      handler as Handler<unknown, unknown>,
      options as HandlerOptions,
    );
    this.#notification.set(
      unreserved(name),
      (payload, context) =>
        checked(decodeInput(json, payload, context), context),
    );
    return this as never;
  }

  /** Sets the handler of notifications with a name: bytes. */
  onNotificationBytes<
    Name extends HandlerName<Offered, "notifications">,
  >(
    name: Name,
    handler: NotificationHandler<
      Uint8Array<ArrayBuffer>,
      RequestContext<Called, Auth>
    >,
  ): Handlers<
    Extended<Offered, "notifications", Name, Uint8Array>,
    Called,
    Auth
  > {
    this.#notification.set(
      unreserved(name),
      checkedFunction(SET, handler) as PayloadHandler,
    );
    return this as never;
  }

  /** Sets the handler of single requests for operations without a handler of their own. */
  handleOther(
    handler: Handler<
      Uint8Array<ArrayBuffer>,
      ByteSource,
      RequestContext<Called, Auth>
    >,
  ): this {
    this.#singleFallback = withCodec(
      bytes,
      checkedFunction(SET, handler) as Handler<Uint8Array, ByteSource>,
    );
    return this;
  }

  /** Sets the handler of stream requests for operations without a handler of their own. */
  handleOtherStream(
    handler: StreamHandler<RequestContext<Called, Auth>>,
  ): this {
    this.#streamFallback = checkedFunction(SET, handler) as StreamHandler;
    return this;
  }

  /** Sets the handler of notifications without a handler of their own. */
  onOtherNotification(
    handler: NotificationHandler<
      Uint8Array<ArrayBuffer>,
      RequestContext<Called, Auth>
    >,
  ): this {
    this.#notificationFallback = checkedFunction(
      SET,
      handler,
    ) as PayloadHandler;
    return this;
  }

  /** Adds middleware around every handler of this set and of the sets it extends. The first one added is the outermost. */
  use(middleware: Middleware<RequestContext<Called, Auth>>): this {
    this.#middleware.push(
      checkedFunction("use middleware", middleware) as Middleware,
    );
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
    const set = this as unknown as Handlers;
    const handler = handlerOf(set) ?? (base && base.#find(handlerOf));
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
    throw inputError(error, false, payload);
  }
}

function withSchemas(
  operation: string,
  handler: Handler<unknown, unknown>,
  { input, output, sendIssues }: HandlerOptions,
): Handler<unknown, unknown> {
  checkedFunction(SET, handler);
  if (input === undefined && output === undefined) return handler;
  return async (value, context) => {
    const checked = input === undefined
      ? value
      : await validate(input, value, "input", operation, "remote")
        .catch((error) => Promise.reject(inputError(error, sendIssues)));
    const result = await handler(checked, context);
    return output === undefined
      ? result
      : await validate(output, result, "output", operation, "local");
  };
}
