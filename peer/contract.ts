/**
 * Contracts: what a peer offers, as types.
 *
 * @module
 */

import type { OperationError } from "./operation_error.ts";

/**
 * What a peer offers, as a TypeScript type: operations, notifications, and
 * streams of values and of bytes. Each section is optional.
 *
 * It exists at compile time only; use validators to check values at run time.
 * With `Handlers<C>` the compiler checks handlers by a contract, with
 * `connect<C>` calls, and {@linkcode ContractOf} infers one from handlers.
 *
 * As everywhere in TypeScript, what a handler returns may have properties that
 * its type lacks, and they are sent. The compiler refuses them in a literal if
 * the handler declares what it returns, as `Output<Chat, "greet">`.
 *
 * @example
 * ```ts
 * import type { Contract, Output } from "@gotalk/gotalk/peer";
 *
 * interface Chat extends Contract {
 *   operations: {
 *     greet(input: { name: string }): { greeting: string };
 *     time(): number; // takes no input
 *   };
 *   notifications: {
 *     seen: { id: number };
 *   };
 *   values: {
 *     lines(input: { room: string }): AsyncIterable<string>;
 *   };
 *   streams: {
 *     upload(input: { path: string }): void;
 *   };
 * }
 * const answer: Output<Chat, "greet"> = { greeting: "Hello Rasmus" };
 * console.log(answer.greeting);
 * ```
 */
export interface Contract {
  /** A function type for each operation: its input, and its result or a promise of it. */
  operations?: object;
  /** The value of each notification. */
  notifications?: object;
  /**
   * A function type for each operation that yields values: its input, then the
   * values that it takes, if any; it returns an iterable.
   */
  values?: object;
  /** A function type for each operation with streams of bytes, whose parameter is its input. */
  streams?: object;
  /** The errors that an operation of any section can fail with: a `code` and, if there are, `data`. See `ErrorOf`. */
  errors?: object;
}

/**
 * The contract of a peer without a declared one: any name, with values of any
 * type. Every contract is assignable to it, so a `Peer<C>` is a `Peer`.
 */
export interface AnyContract extends Contract, Undeclared {
  /** Any operation. */
  // deno-lint-ignore no-explicit-any -- an index signature that each section has
  operations?: Record<string, any>;
  /** Any notification. */
  // deno-lint-ignore no-explicit-any -- as above
  notifications?: Record<string, any>;
  /** Any operation that yields values. */
  // deno-lint-ignore no-explicit-any -- as above
  values?: Record<string, any>;
  /** Any operation with streams of bytes. */
  // deno-lint-ignore no-explicit-any -- as above
  streams?: Record<string, any>;
}

/** Marks a contract that handlers are still adding to. */
export interface Undeclared {
  /** Absent at run time. */
  readonly "~undeclared"?: true;
}

/** The sections of a contract. */
export type ContractSection =
  | "operations"
  | "notifications"
  | "values"
  | "streams";

/** One section of a contract; empty if the contract has none. */
export type SectionOf<C extends Contract, Section extends ContractSection> =
  NonNullable<C[Section]>;

/** The names of the operations in a contract. */
export type OperationName<C extends Contract> =
  & keyof SectionOf<C, "operations">
  & string;

/** The names of the notifications in a contract. */
export type NotificationName<C extends Contract> =
  & keyof SectionOf<C, "notifications">
  & string;

/** The names of the operations in a contract that yield values. */
export type ValuesName<C extends Contract> =
  & keyof SectionOf<C, "values">
  & string;

/** The names of the operations in a contract with streams of bytes. */
export type StreamName<C extends Contract> =
  & keyof SectionOf<C, "streams">
  & string;

/** The input type of an operation; `undefined` if it takes none. */
export type Input<C extends Contract, Name extends OperationName<C>> = InputOf<
  SectionOf<C, "operations">[Name]
>;

/** The result type of an operation. */
export type Output<C extends Contract, Name extends OperationName<C>> =
  OutputOf<SectionOf<C, "operations">[Name]>;

/** The value type of a notification. */
export type NotificationValue<
  C extends Contract,
  Name extends NotificationName<C>,
> = IsAny<SectionOf<C, "notifications">[Name]> extends true ? unknown
  : SectionOf<C, "notifications">[Name];

/** Whether a type is `any`, as all that `AnyContract` describes is. */
export type IsAny<T> = 0 extends 1 & T ? true : false;

/** The first parameter of a function type of a contract; `undefined` if it has none. */
export type InputOf<F> = IsAny<F> extends true ? unknown
  : F extends (...args: infer Parameters) => unknown
    ? Parameters extends readonly [] ? undefined
    : Parameters extends readonly [(infer I)?, ...unknown[]]
      ? undefined extends Parameters[0] ? I | undefined : I
    : never
  : never;

/** The result of a function type of a contract. */
export type OutputOf<F> = IsAny<F> extends true ? unknown
  : F extends (...args: never) => infer O ? Awaited<O>
  : never;

/**
 * The errors with which an operation fails: those of the contract, and one for
 * errors without a code, such as `internal error`.
 *
 * Neither the compiler nor a peer checks that a handler throws only these. With
 * `satisfies Shop["errors"]["buy"]` the compiler checks the options of each
 * `OperationError`.
 *
 * @example
 * ```ts
 * import { type Contract, type ErrorOf, isOperationError, type Remote } from "@gotalk/gotalk/peer";
 *
 * interface Shop extends Contract {
 *   operations: { buy(input: { title: string }): { price: number } };
 *   errors: {
 *     buy: { code: "sold-out"; data: { until: string } } | { code: "unknown-title" };
 *   };
 * }
 *
 * async function buy(shop: Remote<Shop>, title: string): Promise<string> {
 *   try {
 *     return `for ${(await shop.request("buy", { title })).price}`;
 *   } catch (error) {
 *     if (!isOperationError<ErrorOf<Shop, "buy">>(error)) throw error;
 *     return error.code === "sold-out" ? `not before ${error.data.until}` : error.text;
 *   }
 * }
 * ```
 */
export type ErrorOf<
  C extends Contract,
  Name extends keyof NonNullable<C["errors"]>,
> =
  | ErrorTyped<NonNullable<C["errors"]>[Name]>
  | OperationError<"operation-failed", undefined>;

/** The error class for descriptions of errors in a contract. */
export type ErrorTyped<Description> = Description extends
  { readonly code: infer Code extends string } ? OperationError<
    Code,
    Description extends { readonly data: infer Data } ? Data : undefined
  >
  : never;

/** The arguments after the name of a call: an input where one is taken, then options. */
export type CallArguments<I, Options> = undefined extends I
  ? [input?: I, options?: Options]
  : [input: I, options?: Options];

/** The values that a function type of a contract yields. */
export type YieldOf<F> = IsAny<F> extends true ? unknown
  : OutputOf<F> extends AsyncIterable<infer V> | Iterable<infer V> ? V
  : never;

/** The values that a function type of a contract takes as its second parameter; `never` if it takes none. */
export type TakenOf<F> = IsAny<F> extends true ? unknown
  : F extends (input: never, values: infer Taken, ...rest: never) => unknown
    ? Taken extends AsyncIterable<infer V> | Iterable<infer V> ? V : never
  : never;

/** The arguments of a call that yields values: values to send are required where they are taken. */
export type ValuesArguments<F, Options> = IsAny<F> extends true
  ? [input?: unknown, options?: Options & SentValues<unknown>]
  : [TakenOf<F>] extends [never] ? CallArguments<InputOf<F>, Options>
  : undefined extends TakenOf<F>
    ? CallArguments<InputOf<F>, Options & SentValues<TakenOf<F>>>
  : [
    input: InputOf<F>,
    options: Options & Required<SentValues<TakenOf<F>>>,
  ];

/** The values that a call sends. */
export interface SentValues<Value> {
  /**
   * The values to send: any iterable, or a web stream. The request's data ends
   * with them. If they fail, so does the call; if they fail later, as in a
   * `finally` after the call has ended, the event `hook-error` reports it.
   */
  readonly values?: AsyncIterable<Value> | Iterable<Value>;
}

/** The argument of a call with streams of bytes: an input where one is taken. */
export type StreamArguments<F, Options> = IsAny<F> extends true
  ? [options?: Options & { readonly input?: unknown }]
  : [InputOf<F>] extends [undefined] ? [options?: Options]
  : undefined extends InputOf<F>
    ? [options?: Options & { readonly input?: InputOf<F> }]
  : [options: Options & { readonly input: InputOf<F> }];

/** The argument after the name of a notification: a value where one is taken. */
export type NotificationArguments<V> = undefined extends V ? [value?: V]
  : [value: V];

/**
 * A member of a contract that is inferred from handlers.
 *
 * An interface that keeps what a function type is made of, since the compiler
 * would instantiate all function types of a contract again with each further
 * handler; bench: `type_check.ts`.
 */
export interface AddedMember<
  Section extends ContractSection = ContractSection,
  Name extends string = string,
  Parameters extends readonly unknown[] = readonly unknown[],
  Result = unknown,
> {
  /** The section that has the member. */
  readonly section: Section;
  /** The operation or the notification. */
  readonly name: Name;
  /** The parameters of its function type; none for a notification. */
  readonly parameters: Parameters;
  /** What its function type returns, or the value of a notification. */
  readonly result: Result;
}

/** The contract of handlers without a declared one: the union of what has been added. */
export interface GrowingContract<Member> extends Contract, Undeclared {
  /** Absent at run time. */
  readonly "~added": Member;
}

/** A contract with one more member, as handlers that are added to it make it; unchanged if it is declared. */
export type Extended<
  C extends Contract,
  Section extends ContractSection,
  Name extends string,
  Parameters extends readonly unknown[],
  Result = void,
> = "~undeclared" extends keyof C ? string extends Name ? C
  : GrowingContract<
    C["~added" & keyof C] | AddedMember<Section, Name, Parameters, Result>
  >
  : C;

/** The contract that the handlers of a set fulfil: what a client imports as a type. */
export type Declared<C extends Contract> = AnyContract extends C ? Contract
  : C extends GrowingContract<infer Member extends AddedMember> ? {
      [Section in Member["section"]]: {
        [M in Member as M["section"] extends Section ? M["name"] : never]:
          Section extends "notifications" ? M["result"]
            : (...args: M["parameters"]) => M["result"];
      };
    }
  : {
    [Section in Exclude<keyof C, "~undeclared">]: {
      [Name in keyof C[Section]]: C[Section][Name];
    };
  };
