/**
 * The check of what bounds a wait: a timeout, and a signal.
 * Internal to the package.
 *
 * @module
 */

import { describeValue } from "../quoting/describe_value.ts";

/** What may bound a wait. */
export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** In milliseconds; `undefined` or `Infinity` for none. */
  readonly timeout?: number | undefined;
}

/**
 * Checks options that bound a wait. One that is wrong would end it at once, or
 * never.
 *
 * @throws {TypeError} If the timeout is not a number of at least 0, as with
 * `AbortSignal.timeout`, or the signal is not an `AbortSignal`.
 */
export function checkWaitOptions({ signal, timeout }: WaitOptions): void {
  if (timeout !== undefined && !(isNumber(timeout) && timeout >= 0)) {
    throw new TypeError(
      `Cannot set timeout: got ${
        describeValue(timeout)
      }, wanted a number of at least 0, in milliseconds`,
    );
  }
  if (signal === undefined || isSignal(signal)) return;
  throw new TypeError(
    `Cannot set signal: got ${describeValue(signal)}, wanted ${
      signal instanceof AbortController ? "its signal" : "an AbortSignal"
    }`,
  );
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

/** Whether a value is an abort signal, possibly of another realm or library. */
function isSignal(value: unknown): boolean {
  const { aborted, addEventListener } = Object(value) as Partial<AbortSignal>;
  return typeof aborted === "boolean" && typeof addEventListener === "function";
}
