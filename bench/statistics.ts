/**
 * Statistics of a list of figures.
 *
 * @module
 */

/**
 * Returns the median; for an even number of figures the mean of the middle two,
 * for none `NaN`.
 */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const above = sorted[sorted.length >>> 1] ?? NaN;
  const below = sorted[(sorted.length - 1) >>> 1] ?? NaN;
  return (below + above) / 2;
}

/**
 * Returns the smallest figure that at least the fraction `p` of all figures do
 * not exceed; `NaN` if there are none.
 */
export function quantile(figures: readonly number[], p: number): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * p) - 1)] ?? NaN;
}
