/**
 * Handlers for incoming requests and notifications.
 *
 * @module
 */

import { bytes, json, text } from "../codec/payload.ts";
import type { ByteSource } from "../quoting/byte_source.ts";
import { checkedFunction, checkedHandler } from "./checked_function.ts";
import type {
  RequestContext,
  StreamContext,
  ValuesContext,
} from "./context.ts";
import type { AnyContract, Contract, Extended } from "./contract.ts";
import type {
  Handler,
  HandlerInput,
  HandlerName,
  HandlerOptions,
  HandlerOutput,
  HandlerResult,
  InferredInput,
  InferredStreamInput,
  InferredValue,
  InferredValues,
  Middleware,
  NotificationHandler,
  NotifiedValue,
  PayloadHandlerName,
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
  withCodec,
  withInput,
  withSchemas,
  withStreamInput,
  withValues,
} from "./handler_codecs.ts";
import { HandlerLookup, tableOf } from "./handler_lookup.ts";
import { checkHandlerOptions } from "./_handler_options.ts";
import type { HandlerTable } from "./handler_table.ts";
import { bytesForm, valuesForm } from "./stream_form.ts";

/**
 * A set of handlers, by name.
 *
 * It may extend another one, whose handlers apply where it has none. Methods that
 * add a handler return the set, and replace one of the same kind and name; they
 * throw a `TypeError` for names that begin with `gotalk:`. Names from the remote
 * peer are looked up in maps (request/operation).
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
> extends HandlerLookup {
  readonly #table: HandlerTable = tableOf(this)!;

  /** Creates an empty set, or one that extends `base`. */
  constructor(base?: Handlers<Offered, Called, Auth> | Handlers) {
    super(base);
  }

  /** Sets the handler of single requests for an operation: JSON in, JSON out. */
  handle<
    Name extends HandlerName<Offered, "operations">,
    Input = unknown,
    Output = unknown,
    const Result extends HandlerOutput<Offered, Name, unknown> = HandlerOutput<
      Offered,
      Name,
      unknown
    >,
    Given = unknown,
  >(
    operation: Name,
    handler:
      & Given
      & Handler<
        HandlerInput<Offered, Name, Input>,
        HandlerResult<Offered, Output, Result>,
        RequestContext<Called, Auth>
      >,
    options: HandlerOptions<
      HandlerInput<Offered, Name, Input>,
      HandlerOutput<Offered, Name, Output>
    > = {},
  ): Handlers<
    Extended<
      Offered,
      "operations",
      Name,
      InferredInput<Given, Input>,
      Output
    >,
    Called,
    Auth
  > {
    checkHandlerOptions("single", options);
    const given = checkedHandler(operation, handler);
    const checked = withSchemas(operation, given as never, options as never);
    const ofJson = withCodec(json, checked, "json", options.safe);
    this.#table.setSingle(operation, ofJson, options);
    return this as never;
  }

  /**
   * Sets the handler of single requests for an operation: text in, text out. A
   * contract has a string for both.
   */
  handleText<Name extends PayloadHandlerName<Offered, string, string>>(
    operation: Name,
    handler: Handler<string, string, RequestContext<Called, Auth>>,
    options?: Pick<HandlerOptions, "safe">,
  ): Handlers<
    Extended<Offered, "operations", Name, [input: string], string>,
    Called,
    Auth
  > {
    checkHandlerOptions("payload", options);
    const given = checkedHandler(operation, handler);
    this.#table.setSingle(
      operation,
      withCodec(text, given, "text", options?.safe),
    );
    return this as never;
  }

  /**
   * Sets the handler of single requests for an operation: bytes in, bytes out.
   * The input stays valid after the handler returns; the output must not change.
   * A contract has bytes for both.
   */
  handleBytes<
    Name extends PayloadHandlerName<
      Offered,
      ByteSource,
      Uint8Array<ArrayBuffer>
    >,
  >(
    operation: Name,
    handler: Handler<
      Uint8Array<ArrayBuffer>,
      ByteSource,
      RequestContext<Called, Auth>
    >,
    options?: Pick<HandlerOptions, "safe">,
  ): Handlers<
    Extended<Offered, "operations", Name, [input: Uint8Array], Uint8Array>,
    Called,
    Auth
  > {
    checkHandlerOptions("payload", options);
    const given = checkedHandler(operation, handler);
    const ofBytes = withCodec(bytes, given, "bytes", options?.safe);
    this.#table.setSingle(operation, ofBytes);
    return this as never;
  }

  /**
   * Sets the handler of stream requests for an operation: web streams of bytes in
   * both directions. With `input`, its context has an input besides the data;
   * without it, the input of a call is the first chunk of the data.
   */
  handleStream<
    Name extends HandlerName<Offered, "streams">,
    Input = unknown,
    Given extends StreamHandlerOptions["input"] = false,
  >(
    operation: Name,
    handler: StreamHandler<
      StreamContext<Called, Auth, StreamInput<Offered, Name, Input>>
    >,
    options?:
      & { readonly input?: Given }
      & StreamHandlerOptions<StreamInput<Offered, Name, Input>>,
  ): Handlers<
    Extended<
      Offered,
      "streams",
      Name,
      InferredStreamInput<{ input: Given }, Input>
    >,
    Called,
    Auth
  > {
    checkHandlerOptions("stream", options);
    const given = checkedHandler(operation, handler, true) as never;
    const ofParts = withStreamInput(operation, given, options ?? {});
    this.#table.setStream(operation, ofParts, bytesForm(options), options);
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
    const Yielded extends YieldedValue<Offered, Name, unknown> = YieldedValue<
      Offered,
      Name,
      unknown
    >,
    Given = unknown,
  >(
    operation: Name,
    handler:
      & Given
      & ValuesHandler<
        ValuesInput<Offered, Name, Input>,
        HandlerResult<Offered, Output, Yielded>,
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
      InferredValues<Given, Input, Value>,
      AsyncIterable<Output>
    >,
    Called,
    Auth
  > {
    checkHandlerOptions("values", options);
    const given = checkedHandler(operation, handler, true) as never;
    const ofParts = withValues(operation, given, options as never);
    this.#table.setStream(operation, ofParts, valuesForm(options), options);
    return this as never;
  }

  /** Sets the handler of notifications with a name: JSON. Handlers start in the order in which notifications were sent (notify/order). */
  onNotification<
    Name extends HandlerName<Offered, "notifications">,
    Input = unknown,
    Given = unknown,
  >(
    name: Name,
    handler:
      & Given
      & NotificationHandler<
        NotifiedValue<Offered, Name, Input>,
        RequestContext<Called, Auth>
      >,
    options: Pick<
      HandlerOptions<NotifiedValue<Offered, Name, Input>>,
      "input"
    > = {},
  ): Handlers<
    Extended<Offered, "notifications", Name, [], InferredValue<Given, Input>>,
    Called,
    Auth
  > {
    checkHandlerOptions("notification", options);
    const given = checkedHandler(name, handler);
    const checked = withSchemas(name, given as never, options as never);
    const ofJson = withInput(json, checked, "json");
    this.#table.setNotification(name, ofJson, options);
    return this as never;
  }

  /** Sets the handler of notifications with a name: text. */
  onNotificationText<Name extends HandlerName<Offered, "notifications">>(
    name: Name,
    handler: NotificationHandler<string, RequestContext<Called, Auth>>,
  ): Handlers<
    Extended<Offered, "notifications", Name, [], string>,
    Called,
    Auth
  > {
    const given = checkedHandler(name, handler) as never;
    this.#table.setNotification(name, withInput(text, given, "text"));
    return this as never;
  }

  /** Sets the handler of notifications with a name: bytes. */
  onNotificationBytes<Name extends HandlerName<Offered, "notifications">>(
    name: Name,
    handler: NotificationHandler<
      Uint8Array<ArrayBuffer>,
      RequestContext<Called, Auth>
    >,
  ): Handlers<
    Extended<Offered, "notifications", Name, [], Uint8Array>,
    Called,
    Auth
  > {
    this.#table.setNotification(name, checkedHandler(name, handler) as never);
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
    this.#table.otherSingle = withCodec(bytes, checkedHandler(null, handler));
    return this;
  }

  /** Sets the handler of stream requests for operations without a handler of their own. */
  handleOtherStream(
    handler: StreamHandler<RequestContext<Called, Auth>>,
  ): this {
    this.#table.otherStream = checkedHandler(null, handler, true) as never;
    return this;
  }

  /** Sets the handler of notifications without a handler of their own. */
  onOtherNotification(
    handler: NotificationHandler<
      Uint8Array<ArrayBuffer>,
      RequestContext<Called, Auth>
    >,
  ): this {
    this.#table.otherNotification = checkedHandler(null, handler) as never;
    return this;
  }

  /** Adds middleware around every handler of this set and of the sets it extends. The first one added is the outermost. */
  use(middleware: Middleware<RequestContext<Called, Auth>>): this {
    this.#table.use(checkedFunction("use middleware", middleware) as never);
    return this;
  }
}
