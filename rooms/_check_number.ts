/**
 * The check of options that are numbers.
 *
 * @module
 */

/** Throws if an option that is set is not a number of at least `least`. */
export function checkNumber(
  name: string,
  value: unknown,
  least: number,
): void {
  if (value === undefined) return;
  const isNumber = typeof value === "number";
  if (isNumber && value >= least) return;
  throw new (isNumber ? RangeError : TypeError)(
    `Cannot set ${name}: got ${
      isNumber ? value : typeof value
    }, wanted a number of at least ${least}`,
  );
}
