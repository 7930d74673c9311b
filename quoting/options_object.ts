/**
 * The check that options are an object.
 * Internal to the package.
 *
 * @module
 */

import { describeValue } from "./value.ts";

/**
 * Checks given options, of which others would be ignored without a word.
 *
 * @throws {TypeError} If they are no object.
 */
export function checkOptionsObject(options: unknown): void {
  if (typeof options === "object" && options !== null) return;
  throw new TypeError(
    `Cannot set options: got ${describeValue(options)}, wanted an object`,
  );
}
