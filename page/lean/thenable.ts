/**
 * Values that may be promises.
 * Internal to the package.
 *
 * @module
 */

/** Returns whether a value is a promise or the like. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  const { then } = Object(value);
  return typeof then === "function";
}
