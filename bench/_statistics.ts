/**
 * What is said of many figures in one.
 *
 * @module
 */

/** The figure in the middle, or halfway between the two in the middle; `NaN` for none. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const above = sorted[sorted.length >>> 1] ?? NaN;
  const below = sorted[(sorted.length - 1) >>> 1] ?? NaN;
  return (below + above) / 2;
}

/** The smallest figure that at least this share of all do not exceed; `NaN` for none. */
export function quantile(figures: readonly number[], share: number): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}
