/**
 * Numbers that show each digit in each place, and the borders of signed numbers.
 *
 * @module
 */

/** Returns numbers of some digits, of which each place has each digit. */
function numbersOf(digits: number): number[] {
  const turned = Array.from(
    { length: 16 },
    (_, round) =>
      Number.parseInt(
        Array.from(
          { length: digits },
          (_, at) => ((round + at * 3) % 16).toString(16),
        ).join(""),
        16,
      ),
  );
  const half = 8 * 16 ** (digits - 1);
  return [...turned, 0, half - 1, half, 16 ** digits - 1];
}

/** The numbers of each width, as many for each. */
export const NUMBER_VALUES: Readonly<Record<4 | 8, readonly number[]>> = {
  4: numbersOf(4),
  8: numbersOf(8),
};
