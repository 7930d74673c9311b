/**
 * The check of options that are text.
 *
 * @module
 */

import { describeValue } from "../quoting/value.ts";

/**
 * Checks an option that is text. One that is `undefined` sets nothing.
 *
 * @throws {TypeError} If it is something else.
 */
export function checkTextOption(name: string, value: unknown): void {
  if (value === undefined || typeof value === "string") return;
  throw new TypeError(
    `Cannot set ${name}: got ${describeValue(value)}, wanted a string`,
  );
}
