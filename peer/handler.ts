/**
 * What a handler is: the functions that an application provides.
 *
 * @module
 */

import type { ByteSource } from "../quoting/byte_source.ts";
import type { RequestContext, ValuesContext } from "./context.ts";
import type {
  Contract,
  ContractSection,
  Input,
  InputOf,
  IsAny,
  NotificationName,
  NotificationValue,
  OperationName,
  Output,
  SectionOf,
  TakenOf,
  YieldOf,
} from "./contract.ts";
import type { Schema } from "./standard_schema.ts";
import type { ValuesSource } from "./values.ts";

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

/** The output of a handler of values: an async generator, any other iterable, a web stream, or nothing. */
export type ValuesOutput<Value> = ValuesSource<Value> | undefined | void;

/**
 * Handles a request for values: receives the input, and finds what the caller
 * sends besides in `context.values`.
 */
export type ValuesHandler<Input, Value, Context = ValuesContext> = (
  input: Input,
  context: Context,
) => ValuesOutput<Value> | PromiseLike<ValuesOutput<Value>>;

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
  /**
   * Whether the operation changes nothing, so that it may be called with the
   * method GET over HTTP, by any link; `false` by default.
   */
  readonly safe?: boolean;
}

/** Options of a handler of streams of bytes. */
export interface StreamHandlerOptions<Input = unknown> {
  /**
   * Whether the payload of the request is an input as JSON, which the handler
   * finds as `context.input`; or a validator of it. `false` by default: the
   * payload is data like all parts.
   */
  readonly input?: boolean | Schema<unknown, Input>;
  /** Whether the ErrorResult for invalid input has the issues, see `HandlerOptions`. */
  readonly sendIssues?: boolean;
  /**
   * Whether the operation changes nothing, so that it may be called with the
   * method GET over HTTP, by any link; `false` by default.
   */
  readonly safe?: boolean;
}

/** Options of a handler of values. */
export interface ValuesHandlerOptions<
  Input = unknown,
  Output = unknown,
  Value = unknown,
> {
  /**
   * Validates the input before the handler runs; or `false` if there is none, so
   * that the payload of the request is the first of `context.values`.
   */
  readonly input?: false | Schema<unknown, Input>;
  /** Whether the ErrorResult for invalid input has the issues, see `HandlerOptions`. */
  readonly sendIssues?: boolean;
  /** Validates each value before it is sent. An invalid one counts as a failure of the handler. */
  readonly output?: Schema<unknown, Output>;
  /** Validates each of `context.values`. */
  readonly values?: Schema<unknown, Value>;
  /**
   * Whether the end of the request's data stops the handler: its signal aborts,
   * and the iteration of its output is ended. `false` by default. A caller that
   * sends no values and knows no cancels ends its data when it leaves the loop;
   * callers that end it at once would receive no values.
   *
   * A generator cannot be ended while it waits: let it stop waiting when
   * `context.signal` aborts, or it keeps one of `maxConcurrentStreams`.
   */
  readonly subscription?: boolean;
  /**
   * Whether the operation changes nothing, so that it may be called with the
   * method GET over HTTP, by any link; `false` by default.
   */
  readonly safe?: boolean;
}

/** A handler of any kind, as middleware runs it. */
export type AnyHandler<Input> = (
  input: Input,
  context: RequestContext,
) => unknown;

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

/** A name that handlers of text or bytes may have: of a declared contract, one of an operation whose input, if any, is a `Given`, and whose result may be a `Returned`. */
export type PayloadHandlerName<C extends Contract, Given, Returned> =
  "~undeclared" extends keyof C ? string
    : {
      [Name in OperationName<C>]: IsAny<
        SectionOf<C, "operations">[Name]
      > extends true ? Name
        : [Returned] extends [Output<C, Name>]
          ? [Exclude<Input<C, Name>, undefined>] extends [Given] ? Name : never
        : never;
    }[OperationName<C>];

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

/** What a handler may return, of which a declared contract keeps literal types: `Result` for one, as inferred if none is declared. */
export type HandlerResult<C extends Contract, O, Result> = "~undeclared" extends
  keyof C ? O : Result;

/** The parameters of the function type of a contract that is inferred from a handler: none, if the handler `Given` has none. */
export type InferredInput<Given, I> = unknown extends I
  ? Given extends (...args: infer Parameters) => unknown
    ? Parameters extends readonly [] ? [] : [input: I]
  : [input: I]
  : [input: I];

/** The parameters of the function type of a contract that is inferred from a handler of values. */
export type InferredValues<Given, I, Value> = InferredInput<Given, I> extends
  readonly [] ? [input?: undefined, values?: AsyncIterable<Value>]
  : [input: I, values?: AsyncIterable<Value>];

/** The parameters of the function type of a contract that is inferred from a handler of streams of bytes: none, unless its options have an input. */
export type InferredStreamInput<Options, I> = Options extends
  { input: infer Given } ? [Given] extends [false] ? [] : [input: I]
  : [];

/** The value of a notification in a contract that is inferred from a handler: `undefined`, if the handler has no parameter. */
export type InferredValue<Given, V> = InferredInput<Given, V> extends
  readonly [] ? undefined
  : V;

/** The value that a handler of notifications receives: of a declared contract, as inferred if none is declared. */
export type NotifiedValue<C extends Contract, Name, V> = "~undeclared" extends
  keyof C ? V
  : Name extends NotificationName<C> ? NotificationValue<C, Name>
  : never;

/** The input of a handler of values: of a declared contract, as inferred if none is declared. */
export type ValuesInput<C extends Contract, Name, I> = "~undeclared" extends
  keyof C ? I
  : Name extends keyof SectionOf<C, "values">
    ? InputOf<SectionOf<C, "values">[Name]>
  : never;

/** The values that a handler yields: of a declared contract, as inferred if none is declared. */
export type YieldedValue<C extends Contract, Name, O> = "~undeclared" extends
  keyof C ? O
  : Name extends keyof SectionOf<C, "values">
    ? YieldOf<SectionOf<C, "values">[Name]>
  : never;

/** The values that a handler takes: of a declared contract, as inferred if none is declared. */
export type TakenValue<C extends Contract, Name, V> = "~undeclared" extends
  keyof C ? V
  : Name extends keyof SectionOf<C, "values">
    ? TakenOf<SectionOf<C, "values">[Name]>
  : never;

/** The input of a handler of streams of bytes: of a declared contract, as inferred if none is declared. */
export type StreamInput<C extends Contract, Name, I> = "~undeclared" extends
  keyof C ? I
  : Name extends keyof SectionOf<C, "streams">
    ? InputOf<SectionOf<C, "streams">[Name]>
  : never;
