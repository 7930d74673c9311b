/**
 * Outcomes that are awaited.
 * Internal to the package.
 *
 * @module
 */

/**
 * Returns whether `await` waits for a value, or throws: for a promise of any
 * realm or library, or another object with a method `then`, such as a query
 * builder.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value === null) return false;
  if (typeof value !== "object" && typeof value !== "function") return false;
  try {
    // A proxy may throw in each of these.
    return value instanceof Promise ||
      typeof (value as Partial<PromiseLike<unknown>>).then === "function";
  } catch {
    return true;
  }
}
