/**
 * The bound of what is decoded.
 *
 * @module
 */

/** The largest payload that is shown, in bytes; messages after a larger one are not decoded. */
export const LARGEST_PAYLOAD: number = 64 * 1024 * 1024;
