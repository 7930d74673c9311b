/**
 * The check of what bounds a wait: a timeout, and a signal.
 * Internal to the package.
 *
 * @module
 */

import { describeValue } from "../quoting/value.ts";
import { checkOptionsObject } from "../quoting/options_object.ts";

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
 * @throws {TypeError} If the options are no object, the timeout is not a number
 * of at least 0, as with `AbortSignal.timeout`, or the signal is not an
 * `AbortSignal`.
 */
export function checkWaitOptions(options: WaitOptions): void {
  checkOptionsObject(options);
  const { signal, timeout } = options;
  checkTime("timeout", timeout);
  if (signal === undefined || isSignal(signal)) return;
  throw new TypeError(
    `Cannot set signal: got ${describeValue(signal)}, wanted ${
      signal instanceof AbortController ? "its signal" : "an AbortSignal"
    }`,
  );
}

/**
 * Checks an option that is a time in milliseconds.
 *
 * @throws {TypeError} If it is not a number of at least 0.
 */
export function checkTime(name: string, value: unknown): void {
  if (value === undefined || typeof value === "number" && value >= 0) return;
  throw new TypeError(
    `Cannot set ${name}: got ${
      describeValue(value)
    }, wanted a number of at least 0, in milliseconds`,
  );
}

/** Whether a value is an abort signal, possibly of another realm or library. */
function isSignal(value: unknown): boolean {
  const { aborted, addEventListener } = Object(value) as Partial<AbortSignal>;
  return typeof aborted === "boolean" && typeof addEventListener === "function";
}
