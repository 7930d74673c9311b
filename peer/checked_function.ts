/**
 * The check of functions that an application gives.
 * Internal to the package.
 *
 * @module
 */

import { nameOfValue } from "../quoting/value.ts";

/**
 * Returns a function; otherwise it would fail with the first request.
 *
 * @param attempt What it is wanted for, for the error.
 * @throws {TypeError} If it is none.
 */
export function checkedFunction<Given>(attempt: string, given: Given): Given {
  if (typeof given === "function") return given;
  throw new TypeError(
    `Cannot ${attempt}: got ${nameOfValue(given)}, wanted a function`,
  );
}
