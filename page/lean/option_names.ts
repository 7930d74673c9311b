/**
 * The names of options, which a page does not check.
 * Internal to the package.
 *
 * @module
 */

/** Checks nothing. */
export function checkOptionNames(): void {}
