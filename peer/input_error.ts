/**
 * Marks errors that concern the input of a handler.
 * Internal to the package.
 *
 * @module
 */

import {
  isLimitError,
  isValidationError,
  type LimitError,
  type ValidationError,
} from "../codec/mod.ts";
import { OperationError } from "./operation_error.ts";

/**
 * Errors of input, and whether the remote peer receives their issues. An error of
 * anything else, such as a result that a handler received, is not among them.
 */
const ofInput = new WeakMap<InputError, boolean>();

/** An error of the input: it is invalid, or exceeds a limit. */
export type InputError = ValidationError | LimitError;

/** Marks an error as one of the input, and returns the error to be thrown. */
export function inputError(error: unknown, sendIssues = false): unknown {
  if (isValidationError(error) || isLimitError(error)) {
    ofInput.set(error, sendIssues);
  }
  return error;
}

/** Returns what the remote peer receives for an error of its input (request/faulty). */
export function inputErrorPayload(error: InputError): Uint8Array {
  const { message } = error;
  return isValidationError(error) && ofInput.get(error)
    ? new OperationError(message, {
      code: "invalid-input",
      data: { issues: error.issues },
    }).payload
    : new OperationError(message).payload;
}

/** Returns whether an error describes invalid input, so that its message may be sent to the remote peer (request/faulty). */
export function isInputError(error: unknown): error is InputError {
  return (isValidationError(error) || isLimitError(error)) &&
    ofInput.has(error);
}
