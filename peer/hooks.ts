/**
 * How hooks of the application are called.
 *
 * @module
 */

/**
 * Calls a hook of the application and ignores what it throws: the failure is
 * the application's, and no connection may suffer from it.
 */
export function callHook<Arguments extends unknown[]>(
  hook: ((...values: Arguments) => unknown) | undefined,
  ...values: Arguments
): void {
  try {
    hook?.(...values);
  } catch {
    // The application's own concern.
  }
}
