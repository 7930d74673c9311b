/**
 * The names of options, which a page does not check.
 * Internal to the package.
 *
 * @module
 */

/** There are none to look up. */
export const PAGE_OPTIONS = {};

/** There are none to look up. */
export const RECONNECT_OPTIONS = {};

/** Checks nothing. */
export function checkOptionNames(): void {}
