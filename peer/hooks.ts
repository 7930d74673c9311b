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
