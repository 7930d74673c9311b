/**
 * Errors that a page creates in several places.
 *
 * @module
 */

import { LimitError } from "../codec/limit_error.ts";
import { quoteName } from "../codec/name.ts";

/** Creates the error for more than a limit, which is also its code. */
export function limitError(
  what: string,
  code: ConstructorParameters<typeof LimitError>[1]["code"],
): LimitError {
  return new LimitError(`Cannot ${what}, wanted at most ${code}`, { code });
}

/** Creates the error for what is stopped or not wanted any more. */
export function abortError(message: string): DOMException {
  return new DOMException(message, "AbortError");
}

/** Creates the error for a call that has taken too long. */
export function timeoutError(operation: string, why: string): DOMException {
  const message = `Cannot complete ${quoteName(operation)}: ${why}`;
  return new DOMException(message, "TimeoutError");
}
