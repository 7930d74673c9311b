/**
 * Numbers of reconnecting, for peers of programs and of pages.
 * Internal to the package.
 *
 * @module
 */

/**
 * How long a connection must have lasted to count as a success for the delay,
 * in milliseconds. Otherwise a server that accepts and ends connections at once
 * would be asked without any growing delay.
 */
export const LASTING = 2_000;

/**
 * How often in a row a connection that is left, since the remote peer drains, is
 * followed by another one at once, although it did not last: a service may
 * restart its servers one after the other.
 */
export const MOVES_AT_ONCE = 3;

/** The least value of each number of the options. */
export const LEAST = {
  initialDelay: 0,
  maxDelay: 0,
  maxAttempts: 1,
  maxQueuedCalls: 0,
  maxQueuedCallBytes: 0,
  queueTimeout: 0,
  maxCallAttempts: 1,
} as const;
