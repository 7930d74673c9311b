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

/** Errors of input, with a payload that nobody has received. An error of anything else, such as a result that a handler received, is not among them. */
const ofInput = new WeakMap<InputError, Uint8Array | undefined>();

/** An error of the input: it is invalid, or exceeds a limit. */
export type InputError = ValidationError | LimitError;

/** Marks an error as one of the input, which nobody receives if `payload` is given. Returns the error to be thrown. */
export function inputError(error: unknown, payload?: Uint8Array): unknown {
  if (isValidationError(error) || isLimitError(error)) {
    ofInput.set(error, payload);
  }
  return error;
}

/** Returns the payload of an error, which nobody has received; once. */
export function takeRefusedPayload(error: InputError): Uint8Array | undefined {
  const payload = ofInput.get(error);
  ofInput.set(error, undefined);
  return payload;
}

/** Returns whether an error describes invalid input, so that its message may be sent to the remote peer (request/faulty). */
export function isInputError(error: unknown): error is InputError {
  return (isValidationError(error) || isLimitError(error)) &&
    ofInput.has(error);
}
