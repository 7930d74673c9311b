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

/** Errors of input. An error of anything else, such as a result that a handler received, is not among them. */
const ofInput = new WeakSet<InputError>();

/** An error of the input: it is invalid, or exceeds a limit. */
export type InputError = ValidationError | LimitError;

/** Marks an error as one of the input, and returns the error to be thrown. */
export function inputError(error: unknown): unknown {
  if (isValidationError(error) || isLimitError(error)) ofInput.add(error);
  return error;
}

/** Returns whether an error describes invalid input, so that its message may be sent to the remote peer (request/faulty). */
export function isInputError(error: unknown): error is InputError {
  return (isValidationError(error) || isLimitError(error)) &&
    ofInput.has(error);
}
