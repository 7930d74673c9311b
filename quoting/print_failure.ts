/**
 * Failures of the application that nobody observes.
 * Internal to the package.
 *
 * @module
 */

/**
 * Prints a failure, as the runtime's HTTP server does with those of its
 * handlers. Never throws.
 *
 * @param what What failed; safe to print.
 */
export function printFailure(what: string, error: unknown): void {
  try {
    console.error(`${what}:`, error);
  } catch {
    // The error cannot be printed, or the application replaced the console.
  }
}
