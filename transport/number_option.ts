/**
 * The check of options that are numbers.
 * Internal to the package.
 *
 * @module
 */

import { describeValue } from "../quoting/value.ts";

/**
 * Checks that options are at least what a table says. One that is `undefined`
 * has its default.
 *
 * @throws {RangeError} If an option is less, or `NaN`.
 * @throws {TypeError} If an option is not a number.
 */
export function checkNumbers<Name extends string>(
  options: { readonly [Each in NoInfer<Name>]?: number | undefined },
  least: Readonly<Record<Name, number>>,
): void {
  for (const name of Object.keys(least) as Name[]) {
    const value = options[name];
    if (value !== undefined) checkNumberOption(name, value, least[name]);
  }
}

/**
 * Checks that an option is a number, and at least `least`.
 *
 * @throws {RangeError} If it is less, or `NaN`.
 * @throws {TypeError} If it is not a number.
 */
export function checkNumberOption(
  name: string,
  value: unknown,
  least: number,
): void {
  const isNumber = typeof value === "number";
  // Text and null would pass a comparison.
  if (isNumber && value >= least) return;
  throw new (isNumber ? RangeError : TypeError)(
    `Cannot set ${name}: got ${
      describeValue(value)
    }, wanted a number of at least ${least}`,
  );
}
