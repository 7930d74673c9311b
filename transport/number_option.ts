/**
 * The check of options that are numbers.
 * Internal to the package.
 *
 * @module
 */

/**
 * Checks that options are at least what a table says. One that is `undefined`
 * has its default.
 *
 * @throws {RangeError} If an option is less, or `NaN`.
 */
export function checkNumbers<Name extends string>(
  options: { readonly [Each in NoInfer<Name>]?: number | undefined },
  least: Readonly<Record<Name, number>>,
): void {
  for (const name of Object.keys(least) as Name[]) {
    const value = options[name];
    if (value === undefined || value >= least[name]) continue;
    throw new RangeError(
      `Cannot set ${name}: got ${value}, wanted a number of at least ${
        least[name]
      }`,
    );
  }
}
