/**
 * Failures of HTTP calls, as responses.
 *
 * @module
 */

import { type ErrorDetails, parsePayload } from "../peer/operation_error.ts";
import type { RefusalLimit } from "../peer/mod.ts";

/** A call that has no result. */
export interface Failure extends ErrorDetails {
  /** The status of the response. */
  readonly status: number;
  /** Further headers of the response. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Returns a failure that this package reports by a code. */
export function failure(
  status: number,
  code: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Failure {
  return { status, code, text, headers };
}

/** Returns the failure for a call that was not carried out and may be repeated after `wait` milliseconds. */
export function retryLater(text: string, wait: number): Failure {
  return failure(503, "retry", text, {
    "retry-after": String(Math.max(1, Math.ceil(wait / 1000))),
  });
}

/** The failure of a request whose body could not be read to its end, or differs from its length. */
export const BROKEN_BODY: Failure = failure(
  400,
  "malformed",
  "the body ended before its end",
);

/** The failure of a call whose handler failed for a reason that stays local. */
export const INTERNAL_ERROR: Failure = failure(
  500,
  "internal-error",
  "internal error",
);

/** Returns the failure of a request without an identity. */
export function unauthorized(): Failure {
  return failure(401, "not-authenticated", "not authenticated", {
    "www-authenticate": "Bearer",
  });
}

/** Returns the failure with the payload of an ErrorResult; `code` is for one that has none. */
export function failureOf(
  status: number,
  code: string,
  payload: Uint8Array,
): Failure {
  const details = parsePayload(payload);
  return { ...details, status, code: details.code ?? code };
}

/** The statuses of limits that end a call, or that it exceeds whenever it is repeated. */
const STATUSES: { readonly [Limit in RefusalLimit]?: number } = {
  maxPayloadBytes: 413,
  maxLoginPayloadBytes: 413,
  maxJsonBytes: 413,
  maxJsonDepth: 413,
  maxJsonKeys: 413,
  maxNameBytes: 414,
  maxConcurrentRequests: 501,
  maxConcurrentStreams: 501,
  streamIdleTimeout: 408,
  handlerTimeout: 504,
};

/** Returns the failure of a call that a limit answered with an ErrorResult. */
export function limitFailure(
  limit: RefusalLimit,
  payload: Uint8Array,
): Failure {
  if (limit === "login") return unauthorized();
  const { text } = parsePayload(payload);
  return failure(STATUSES[limit] ?? 500, limit, text);
}

/** Returns the JSON of a failure, in the form of the payload of an ErrorResult. */
export function failureJson({ text, code, data }: Failure): string {
  return JSON.stringify({ error: text, code, data });
}

/** Returns the error for a request that something else reads. */
export function bodyInUse(cause?: unknown): TypeError {
  return new TypeError(
    "Cannot make a call: the body of the request has been read or is locked, wanted the request itself",
    { cause },
  );
}
