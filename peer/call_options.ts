/**
 * How a call is made.
 *
 * @module
 */

import type { Schema } from "./standard_schema.ts";

/** When a call asks again after the other side told it to try later. */
export interface RetryPolicy {
  /** How often the request is sent at the most, 1 or more; 5 by default. */
  readonly attempts?: number;
  /** A random pause of up to so many milliseconds is added to each wait; 100 by default. */
  readonly jitter?: number;
  /** The longest wait that is put up with, in milliseconds; 30,000 by default. */
  readonly maxWait?: number;
}

/** How a call is made. */
export interface CallOptions {
  /** Gives the call up; it then rejects with the signal's reason, while the other side is not told. */
  readonly signal?: AbortSignal | undefined;
  /** How long the call may take with all its attempts, in milliseconds; no limit by default. */
  readonly timeout?: number | undefined;
  /** Whether and how to ask again after a RetryResult; as the peer was set up, by default. */
  readonly retry?: RetryPolicy | boolean | undefined;
}

/** How a call with JSON is made. */
export interface RequestOptions<Output = unknown> extends CallOptions {
  /** Checks the answer; a call whose answer fails rejects with a `ValidationError`. */
  readonly output?: Schema<unknown, Output> | undefined;
}

/** The retry policy that holds where none is set. */
export const DEFAULT_RETRY: Required<RetryPolicy> = Object.freeze({
  attempts: 5,
  jitter: 100,
  maxWait: 30_000,
});

/** The policy that several settings make, the first that says something wins; `undefined` for no retries. */
export function retryPolicy(
  ...settings: readonly (RetryPolicy | boolean | undefined)[]
): Required<RetryPolicy> | undefined {
  const setting = settings.find((setting) => setting !== undefined) ?? true;
  if (setting === false) return undefined;
  return { ...DEFAULT_RETRY, ...(setting === true ? {} : setting) };
}
