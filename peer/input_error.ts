/**
 * The errors of input that a handler cannot take.
 *
 * @module
 */

import { isValidationError, type ValidationError } from "../codec/mod.ts";

/** The errors of input; those of other values, such as answers that a handler asked for, are not among them. */
const ofInput = new WeakSet<ValidationError>();

/** Marks an error as one of the input, if it says what is wrong with a value; returns it to be thrown. */
export function inputError(error: unknown): unknown {
  if (isValidationError(error)) ofInput.add(error);
  return error;
}

/** Whether an error says what is wrong with the input, so that the other side may know. */
export function isInputError(error: unknown): error is ValidationError {
  return isValidationError(error) && ofInput.has(error);
}
