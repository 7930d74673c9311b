/**
 * Marks validation errors that concern the input of a handler.
 * Internal to the package.
 *
 * @module
 */

import { isValidationError, type ValidationError } from "../codec/mod.ts";

/** Errors of input. A validation error of anything else, such as a result that a handler received, is not among them. */
const ofInput = new WeakSet<ValidationError>();

/** Marks a validation error as one of the input, and returns the error to be thrown. */
export function inputError(error: unknown): unknown {
  if (isValidationError(error)) ofInput.add(error);
  return error;
}

/** Returns whether an error describes invalid input, so that its message may be sent to the remote peer (request/faulty). */
export function isInputError(error: unknown): error is ValidationError {
  return isValidationError(error) && ofInput.has(error);
}
