/**
 * The contract of a set of handlers.
 *
 * @module
 */

import type { Declared } from "./contract.ts";
import type { Handlers } from "./handlers.ts";

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
