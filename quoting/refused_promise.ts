/**
 * Promises that an application gave where their results were wanted.
 * Internal to the package.
 *
 * @module
 */

function ignore(): void {}

/**
 * Looks after a value that is refused, if it is a promise: the refusal says what
 * is wrong, and a rejection that nobody handles would end the process.
 */
export function disown(value: unknown): void {
  try {
    Promise.prototype.then.call(value, ignore, ignore);
  } catch {
    // It is no promise.
  }
}
