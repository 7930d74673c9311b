/**
 * Values of unknown types in error messages.
 * Internal to the package.
 *
 * @module
 */

/** Returns a number, or the name of what a value is. */
export function nameOfValue(value: unknown): string {
  return typeof value === "number"
    ? String(value)
    : Object.prototype.toString.call(value).slice(8, -1);
}

export { nameOfValue as describeValue };
