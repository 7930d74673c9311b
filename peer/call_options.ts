/**
 * Options of calls.
 *
 * @module
 */

import { checkOptionNames, type OptionNames } from "../quoting/option_names.ts";
import { checkNumbers } from "../transport/number_option.ts";
import { checkWaitOptions } from "../transport/wait_options.ts";
import type { Schema } from "./standard_schema.ts";

/** When and how often a call repeats a request that was answered with a RetryResult. */
export interface RetryPolicy {
  /** Maximum number of times the request is sent, at least 1; 5 by default. */
  readonly attempts?: number;
  /** Upper bound of a random delay added to each wait, in milliseconds; 100 by default. */
  readonly jitter?: number;
  /** Longest wait that the call accepts, in milliseconds; 30,000 by default. A RetryResult with a longer one fails the call. */
  readonly maxWait?: number;
}

/** Options of a call. */
export interface CallOptions {
  /**
   * Abandons the call, which rejects with the signal's reason. The remote peer
   * is not notified. Anything but an `AbortSignal` throws a `TypeError`.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Longest time the call may take, all attempts included, in milliseconds;
   * unlimited by default and if it is `Infinity`. Anything but a number of at
   * least 0 throws a `TypeError`.
   */
  readonly timeout?: number | undefined;
  /** Whether and how the call handles a RetryResult; the peer's `retry` option by default. */
  readonly retry?: RetryPolicy | boolean | undefined;
  /**
   * Whether carrying out the request twice is harmless; `false` by default. A
   * `ReconnectingPeer` then repeats it on the next connection even if its
   * outcome is unknown. A `Peer`, which has one connection, ignores it.
   */
  readonly idempotent?: boolean | undefined;
}

/** Options of a call that opens streams of bytes. */
export interface StreamOptions extends CallOptions {
  /**
   * The input, as JSON in the payload of the request; for handlers that take one.
   * Without it, the payload holds the first data.
   */
  readonly input?: unknown;
}

/** Options of a call that receives values. */
export interface ValuesOptions<Output = unknown> extends CallOptions {
  /** Validates each value; an invalid one ends the call with a `ValidationError`. */
  readonly output?: Schema<unknown, Output> | undefined;
}

/** Options of a call with JSON payloads. */
export interface RequestOptions<Output = unknown> extends CallOptions {
  /** Validates the result; a call whose result is invalid rejects with a `ValidationError`. */
  readonly output?: Schema<unknown, Output> | undefined;
}

/** The names of the options of every call. */
export const CALL_OPTIONS: OptionNames<CallOptions> = {
  idempotent: 1,
  retry: 1,
  signal: 1,
  timeout: 1,
};

/** The names of the options of a call with JSON payloads. */
export const REQUEST_OPTIONS: OptionNames<RequestOptions> = {
  idempotent: 1,
  output: 1,
  retry: 1,
  signal: 1,
  timeout: 1,
};

/**
 * Checks options of a call.
 *
 * @throws {TypeError} If they are no object, or one is unknown or of the wrong kind.
 */
export function checkCallOptions(
  options: CallOptions,
  names: OptionNames<CallOptions>,
): void {
  checkWaitOptions(options);
  checkOptionNames(options, names);
}

const STREAM_OPTIONS: OptionNames<StreamOptions> = {
  idempotent: 1,
  input: 1,
  retry: 1,
  signal: 1,
  timeout: 1,
};

/**
 * Checks options of a call that opens streams of bytes.
 *
 * @throws {TypeError} If they are no object, or one is unknown or of the wrong kind.
 */
export function checkStreamOptions(options: StreamOptions): void {
  checkCallOptions(options, STREAM_OPTIONS);
}

/** The retry policy of calls that set no other. */
export const DEFAULT_RETRY: Required<RetryPolicy> = Object.freeze({
  attempts: 5,
  jitter: 100,
  maxWait: 30_000,
});

/** The least value of each number of a policy. */
const LEAST = { attempts: 1, jitter: 0, maxWait: 0 } as const;

/**
 * Returns the policy that the first defined setting stands for; `undefined` if it turns retries off.
 *
 * @throws {RangeError} If a number of it is out of its range.
 * @throws {TypeError} If there is another option in it.
 */
export function retryPolicy(
  ...settings: readonly (RetryPolicy | boolean | undefined)[]
): Required<RetryPolicy> | undefined {
  const [setting = true] = settings.filter((setting) => setting !== undefined);
  if (setting === false) return undefined;
  if (setting === true) return DEFAULT_RETRY;
  checkOptionNames(setting, LEAST);
  checkNumbers(setting, LEAST);
  const {
    attempts = DEFAULT_RETRY.attempts,
    jitter = DEFAULT_RETRY.jitter,
    maxWait = DEFAULT_RETRY.maxWait,
  } = setting;
  return { attempts, jitter, maxWait };
}
