/**
 * Contracts: the operations and notifications of a peer, as types.
 *
 * @module
 */

/**
 * The operations and notifications that a peer accepts, as a TypeScript type.
 * It exists at compile time only; use validators to check values at run time.
 *
 * @example
 * ```ts
 * import type { Contract, Output } from "@gotalk/gotalk/peer";
 *
 * interface Chat extends Contract {
 *   operations: {
 *     greet(input: { name: string }): { greeting: string };
 *   };
 *   notifications: {
 *     seen: { id: number };
 *   };
 * }
 * const answer: Output<Chat, "greet"> = { greeting: "Hello Rasmus" };
 * console.log(answer.greeting);
 * ```
 */
export interface Contract {
  /** Input and output of each operation. */
  operations: object;
  /** The value of each notification. */
  notifications: object;
}

/** The contract of a peer without a declared one: any name, with values of any type. */
export interface AnyContract extends Contract {
  /** Any operation. */
  operations: Record<string, (input?: unknown) => unknown>;
  /** Any notification. */
  notifications: Record<string, unknown>;
}

/** The names of the operations in a contract. */
export type OperationName<C extends Contract> = keyof C["operations"] & string;

/** The input type of an operation. */
export type Input<C extends Contract, Name extends OperationName<C>> =
  C["operations"][Name] extends (input: infer I) => unknown ? I : never;

/** The result type of an operation. */
export type Output<C extends Contract, Name extends OperationName<C>> =
  C["operations"][Name] extends (input: never) => infer O ? Awaited<O> : never;

/** The names of the notifications in a contract. */
export type NotificationName<C extends Contract> =
  & keyof C["notifications"]
  & string;
