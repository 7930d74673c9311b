/**
 * Why a handler is stopped whose request was cancelled.
 *
 * @module
 */

import { brand, isBranded } from "../codec/error_brand.ts";
import { excerpt } from "../quoting/quote.ts";

/**
 * The remote peer cancelled a request: `context.signal.reason` of its handler,
 * and the error of a stream's data that breaks off.
 *
 * It is an `AbortError` by its `name`, like every reason of an aborted signal.
 *
 * @example
 * ```ts
 * import { connect, Handlers, isCancelledError, serve } from "@gotalk/gotalk";
 * import { assertEquals } from "@std/assert";
 *
 * const stopped = Promise.withResolvers<string>();
 * const handlers = new Handlers().handle("wait", (_, { signal }) =>
 *   new Promise(() => {
 *     signal.onabort = () => {
 *       if (isCancelledError(signal.reason)) stopped.resolve(signal.reason.reason);
 *     };
 *   }));
 * await using server = await serve({ port: 0 }, handlers);
 * await using peer = await connect(server.address);
 *
 * const caller = new AbortController();
 * const call = peer.request("wait", undefined, { signal: caller.signal });
 * setTimeout(() => caller.abort("not needed"), 10);
 * await call.catch(() => {});
 * assertEquals(await stopped.promise, "not needed");
 * ```
 */
export class CancelledError extends DOMException {
  /**
   * The reason that the caller gave, in its own words: `"timeout"` if its
   * `timeout` has passed, and empty if it gave none. It can hold any character.
   */
  readonly reason: string;

  static {
    brand(this, "CancelledError");
    Object.defineProperty(this.prototype, "name", { value: "AbortError" });
  }

  /** Creates the error. */
  constructor(reason: string) {
    const why = reason === "" ? "" : `: ${excerpt(reason)}`;
    super(`The remote peer cancelled the request${why}`, "AbortError");
    this.reason = reason;
  }
}

/** Returns whether a value is a {@linkcode CancelledError}, also one of another copy of this package. */
export function isCancelledError(value: unknown): value is CancelledError {
  return isBranded(value, "CancelledError");
}
