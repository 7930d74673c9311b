/**
 * Options of the error of an operation, which a page does not check.
 * Internal to the package.
 *
 * @module
 */

/** Checks nothing. */
export function checkErrorOptions(): void {}
