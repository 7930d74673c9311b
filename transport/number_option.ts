/**
 * The check of options that are numbers.
 * Internal to the package.
 *
 * @module
 */

import { describeValue } from "../quoting/describe_value.ts";

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
    const value: unknown = options[name];
    if (value === undefined) continue;
    const isNumber = typeof value === "number";
    if (isNumber && value >= least[name]) continue;
    // Text and null would pass a comparison.
    throw new (isNumber ? RangeError : TypeError)(
      `Cannot set ${name}: got ${
        describeValue(value)
      }, wanted a number of at least ${least[name]}`,
    );
  }
}
