/**
 * What a request beyond a number of requests is answered with.
 * Internal to the package.
 *
 * @module
 */

/**
 * The payloads of results that refuse a request because too many are carried
 * out. The first is that of the Go implementation. A requestor that reads one
 * sends fewer requests at once (limits/requests).
 */
export const OVERLOAD_TEXTS = {
  maxConcurrentRequests: "request rate limit",
  maxConcurrentStreams: "stream rate limit",
} as const;
