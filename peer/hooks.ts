/**
 * How hooks of the application are called.
 * Internal to the package.
 *
 * @module
 */

/**
 * Calls a hook of the application and ignores its failure, synchronous or not:
 * no connection may suffer from it.
 */
export function callHook<Arguments extends unknown[]>(
  hook: ((...values: Arguments) => unknown) | undefined,
  ...values: Arguments
): void {
  try {
    const outcome = hook?.(...values);
    if (outcome instanceof Promise) outcome.catch(() => {});
  } catch {
    // The application's own concern.
  }
}

/** Returns the number that a hook of the application returns; `undefined` if it fails or returns no number. */
export function numberFrom(hook: () => number): number | undefined {
  let value: unknown;
  callHook(() => value = hook());
  return typeof value === "number" && !isNaN(value) ? value : undefined;
}

/** Returns a source of random numbers from 0 up to 1, which an application may replace. */
export function randomSource(
  random: (() => number) | undefined,
): () => number {
  if (random === undefined) return Math.random;
  return () => {
    const value = numberFrom(random);
    return value !== undefined && value >= 0 && value < 1
      ? value
      : Math.random();
  };
}
