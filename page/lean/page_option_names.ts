/**
 * The names of the options of a page, which it does not check.
 * Internal to the package.
 *
 * @module
 */

/** There are none to look up. */
export const PAGE_OPTIONS = {};

/** There are none to look up. */
export const RECONNECT_OPTIONS = {};
