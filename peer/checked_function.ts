/**
 * The check of functions that an application gives.
 * Internal to the package.
 *
 * @module
 */

import { quoteText } from "../quoting/quote.ts";
import { nameOfValue } from "../quoting/value.ts";
import { unreserved } from "./reserved_names.ts";

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

/**
 * Checks options that are functions. One that is `undefined` sets nothing.
 *
 * @throws {TypeError} If one is something else.
 */
export function checkFunctions<Name extends string>(
  options: { readonly [Each in NoInfer<Name>]?: unknown },
  names: readonly Name[],
): void {
  for (const name of names) {
    const given = options[name];
    if (given !== undefined) checkedFunction(`set ${name}`, given);
  }
}

/**
 * Returns the handler of an operation or notification; `name` is `null` for
 * those without one of their own.
 *
 * @param mayYield Whether the handler may be a generator.
 * @throws {TypeError} If the name is reserved, or the handler is none.
 */
export function checkedHandler<Given>(
  name: string | null,
  given: Given,
  mayYield = false,
): Given {
  const attempt = name === null
    ? "set a handler"
    : `set the handler of ${quoteText(unreserved(name))}`;
  checkedFunction(attempt, given);
  if (mayYield || !isGenerator(given)) return given;
  throw new TypeError(
    `Cannot ${attempt}: got a generator, wanted a function that returns the result; handleValues takes generators`,
  );
}

/** Whether a function yields values. */
function isGenerator(given: unknown): boolean {
  const tag = Object.prototype.toString.call(given);
  return tag === "[object GeneratorFunction]" ||
    tag === "[object AsyncGeneratorFunction]";
}
