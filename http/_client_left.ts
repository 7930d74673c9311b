/**
 * The reason for which a call ends when its client leaves.
 *
 * @module
 */

/**
 * Returns an error for the reason with which a body of a response is cancelled.
 * The runtime gives a string, which a handler that throws
 * `context.signal.reason` would throw.
 */
export function clientLeft(reason: unknown): unknown {
  return reason instanceof Error
    ? reason
    : new DOMException("The client has left", "AbortError");
}
