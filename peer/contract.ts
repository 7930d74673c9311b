/**
 * What a peer offers, as types.
 *
 * @module
 */

/**
 * The operations and notifications that one side takes, as a TypeScript type. It exists at compile time
 * only; validators check values at run time.
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
  /** What each notification tells. */
  notifications: object;
}

/** The contract of a peer of which nothing is known: every name, and values of any kind. */
export interface AnyContract extends Contract {
  /** Any operation. */
  operations: Record<string, (input?: unknown) => unknown>;
  /** Any notification. */
  notifications: Record<string, unknown>;
}

/** The names of the operations in a contract. */
export type OperationName<C extends Contract> = keyof C["operations"] & string;

/** What an operation takes. */
export type Input<C extends Contract, Name extends OperationName<C>> =
  C["operations"][Name] extends (input: infer I) => unknown ? I : never;

/** What an operation answers. */
export type Output<C extends Contract, Name extends OperationName<C>> =
  C["operations"][Name] extends (input: never) => infer O ? Awaited<O> : never;

/** The names of the notifications in a contract. */
export type NotificationName<C extends Contract> =
  & keyof C["notifications"]
  & string;
