/**
 * Handlers for incoming requests and notifications.
 *
 * @module
 */

import { bytes, json, type Name, text } from "../codec/mod.ts";
import type { ByteSource } from "../quoting/byte_source.ts";
import { checkedFunction } from "./checked_function.ts";
import type {
  RequestContext,
  StreamContext,
  ValuesContext,
} from "./context.ts";
import type { AnyContract, Contract, Extended } from "./contract.ts";
import type {
  AnyHandler,
  Handler,
  HandlerInput,
  HandlerName,
  HandlerOptions,
  HandlerOutput,
  Middleware,
  NotificationHandler,
  NotifiedValue,
  PayloadHandler,
  StreamHandler,
  StreamHandlerOptions,
  StreamInput,
  TakenValue,
  ValuesHandler,
  ValuesHandlerOptions,
  ValuesInput,
  YieldedValue,
} from "./handler.ts";
import {
  decodeInput,
  withCodec,
  withMiddleware,
  withSchemas,
  withStreamInput,
  withValues,
} from "./handler_codecs.ts";
import { formOf, formOfOther, type OperationForm } from "./operation_form.ts";
import { unreserved } from "./reserved_names.ts";
import { OF_BYTES, type StreamForm } from "./stream_form.ts";

/** What a function is wanted for, for errors. */
const SET = "set a handler";

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
 */
export class Handlers<
  Offered extends Contract = AnyContract,
  Called extends Contract = AnyContract,
  Auth = unknown,
> {
  readonly #base: Handlers | undefined;
  readonly #single = new Map<Name, PayloadHandler>();
  readonly #stream = new Map<Name, StreamHandler>();
  /** What parts mean, for stream handlers of another form than bytes. */
  readonly #forms = new Map<Name, StreamForm>();
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
    this.#single.set(
      unreserved(operation),
      withCodec(json, checked, "json", options.safe),
    );
    return this as never;
  }

  /** Sets the handler of single requests for an operation: text in, text out. */
  handleText<Name extends HandlerName<Offered, "operations">>(
    operation: Name,
    handler: Handler<string, string, RequestContext<Called, Auth>>,
    options?: Pick<HandlerOptions, "safe">,
  ): Handlers<
    Extended<Offered, "operations", Name, (input: string) => string>,
    Called,
    Auth
  > {
    this.#single.set(
      unreserved(operation),
      withCodec(text, checkedFunction(SET, handler), "text", options?.safe),
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
    options?: Pick<HandlerOptions, "safe">,
  ): Handlers<
    Extended<Offered, "operations", Name, (input: Uint8Array) => Uint8Array>,
    Called,
    Auth
  > {
    this.#single.set(
      unreserved(operation),
      withCodec(bytes, checkedFunction(SET, handler), "bytes", options?.safe),
    );
    return this as never;
  }

  /**
   * Sets the handler of stream requests for an operation: web streams of bytes in
   * both directions. With `input`, its context has an input besides the data;
   * without it, the input of a call is the first chunk of the data.
   */
  handleStream<Name extends HandlerName<Offered, "streams">, Input = unknown>(
    operation: Name,
    handler: StreamHandler<
      StreamContext<Called, Auth, StreamInput<Offered, Name, Input>>
    >,
    options?: StreamHandlerOptions<StreamInput<Offered, Name, Input>>,
  ): Handlers<
    Extended<Offered, "streams", Name, (input: Input) => void>,
    Called,
    Auth
  > {
    const given = checkedFunction(SET, handler) as unknown as StreamHandler;
    const hasInput = (options?.input ?? false) !== false;
    this.#forms.set(operation, hasInput ? { ...OF_BYTES, hasInput } : OF_BYTES);
    this.#stream.set(
      unreserved(operation),
      withStreamInput(operation, given, options ?? {}),
    );
    return this as never;
  }

  /**
   * Sets the handler of requests for values: an async generator, or a function
   * that returns any iterable or web stream. Each value is sent as JSON in one
   * part, as fast as the remote peer reads. The payload of the request is the
   * input, and `context.values` has the values that the caller sends.
   *
   * `context.signal` aborts and the iteration ends when the values cannot reach
   * the remote peer any more; with `subscription`, also when the caller leaves.
   *
   * @example
   * ```ts
   * import { connect, Handlers, serve } from "@gotalk/gotalk";
   * import { assertEquals } from "@std/assert";
   *
   * const handlers = new Handlers()
   *   .handleValues("count", async function* ({ to }: { to: number }) {
   *     for (let n = 1; n <= to; n++) yield { n };
   *   });
   * await using server = await serve({ port: 0 }, handlers);
   * await using peer = await connect(server.address);
   * assertEquals(await Array.fromAsync(peer.values("count", { to: 2 })), [{ n: 1 }, { n: 2 }]);
   * ```
   */
  handleValues<
    Name extends HandlerName<Offered, "values">,
    Input = unknown,
    Output = unknown,
    Value = unknown,
  >(
    operation: Name,
    handler: ValuesHandler<
      ValuesInput<Offered, Name, Input>,
      YieldedValue<Offered, Name, Output>,
      ValuesContext<Called, Auth, TakenValue<Offered, Name, Value>>
    >,
    options: ValuesHandlerOptions<
      ValuesInput<Offered, Name, Input>,
      YieldedValue<Offered, Name, Output>,
      TakenValue<Offered, Name, Value>
    > = {},
  ): Handlers<
    Extended<
      Offered,
      "values",
      Name,
      (input: Input, values?: AsyncIterable<Value>) => AsyncIterable<Output>
    >,
    Called,
    Auth
  > {
    const checked = options as ValuesHandlerOptions;
    const ofValues = checkedFunction(SET, handler) as ValuesHandler<
      unknown,
      unknown
    >;
    this.#stream.set(
      unreserved(operation),
      withValues(operation, ofValues, checked),
    );
    this.#forms.set(operation, {
      hasInput: options.input !== false,
      ofValues: true,
      isSubscription: options.subscription === true,
    });
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
    this.#singleFallback = withCodec(bytes, checkedFunction(SET, handler));
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
    const ofBytes = checkedFunction(SET, handler);
    this.#notificationFallback = ofBytes as PayloadHandler;
    return this;
  }

  /** Adds middleware around every handler of this set and of the sets it extends. The first one added is the outermost. */
  use(middleware: Middleware<RequestContext<Called, Auth>>): this {
    const checked = checkedFunction("use middleware", middleware);
    this.#middleware.push(checked as Middleware);
    return this;
  }

  /** Returns the handler of single requests for an operation; `undefined` if there is none. */
  findSingle(operation: Name): PayloadHandler | undefined {
    const own = this.#single.get(operation);
    if (own !== undefined) return withMiddleware(own, this.#middleware);
    return this.#find((set) => set.#single.get(operation)) ??
      this.#find((set) => set.#singleFallback);
  }

  /** Returns the handler of stream requests for an operation; `undefined` if there is none. */
  findStream(operation: Name): StreamHandler | undefined {
    return (this.#find((set) => set.#stream.get(operation)) ??
      this.#find((set) => set.#streamFallback)) as StreamHandler | undefined;
  }

  /** Returns how an operation is called, whatever the kind of its handler; `undefined` if there is none. */
  operationForm(operation: Name): OperationForm | undefined {
    const own = this.#single.get(operation) ?? this.#stream.get(operation);
    if (own !== undefined) return formOf(own);
    return this.#base?.operationForm(operation) ??
      formOfOther(this.#singleFallback, this.#streamFallback);
  }

  /** Returns what the parts mean that the handler of stream requests for an operation receives. */
  streamForm(operation: Name): StreamForm {
    const form = this.#forms.get(operation);
    const isOwn = form !== undefined || this.#stream.has(operation);
    return (isOwn ? form : this.#base?.streamForm(operation)) ?? OF_BYTES;
  }

  /** Returns the handler of notifications with a name; `undefined` if there is none. */
  findNotification(name: Name): PayloadHandler | undefined {
    const own = this.#notification.get(name);
    if (own !== undefined) return withMiddleware(own, this.#middleware);
    return this.#find((set) => set.#notification.get(name)) ??
      this.#find((set) => set.#notificationFallback);
  }

  /** Returns the first handler found in this set and those it extends, within the middleware of all of them. */
  #find<Input>(
    handlerOf: (set: Handlers) => AnyHandler<Input> | undefined,
  ): AnyHandler<Input> | undefined {
    const set = this as unknown as Handlers;
    const base = this.#base;
    const handler = handlerOf(set) ?? (base && base.#find(handlerOf));
    return handler && withMiddleware(handler, this.#middleware);
  }
}
