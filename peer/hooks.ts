/**
 * How hooks of the application are called.
 *
 * @module
 */

import { isThenable } from "./thenable.ts";

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
    if (isThenable(outcome)) Promise.resolve(outcome).catch(() => {});
  } catch {
    // The application's own concern.
  }
}
