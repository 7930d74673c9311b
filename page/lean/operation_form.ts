/**
 * How operations are called, which only servers are asked over HTTP.
 * Internal to the package.
 *
 * @module
 */

/** Returns a handler as it is. */
export function withForm<Handler>(handler: Handler): Handler {
  return handler;
}
