/**
 * The errors that answers of the other side become.
 *
 * @module
 */

import { quoteName } from "../../codec/mod.ts";
import { OperationError } from "../operation_error.ts";
import { RetryError } from "../retry_error.ts";

/** How much of an answer is shown in a message, in bytes; all of it is in the error's payload. */
const SHOWN = 200;

/** The error of a call that was answered with an ErrorResult. */
export function failedError(
  operation: string,
  payload: Uint8Array,
): OperationError {
  return new OperationError(
    `Cannot finish ${
      quoteName(operation)
    }: the other side answered with the error ${shown(payload)}`,
    { operation, payload: payload.slice() },
  );
}

/** The error of a call that was answered with a RetryResult, and does not ask again. */
export function retryError(
  operation: string,
  wait: number,
  payload: Uint8Array,
): RetryError {
  return new RetryError(
    `Cannot finish ${
      quoteName(operation)
    }: the other side asks to try again in ${wait} ms, ${shown(payload)}`,
    { wait, operation, payload: payload.slice() },
  );
}

function shown(payload: Uint8Array): string {
  const cut = payload.byteLength > SHOWN;
  return `${quoteName(payload.subarray(0, SHOWN))}${cut ? "…" : ""}`;
}
