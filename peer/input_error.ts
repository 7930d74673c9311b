/**
 * Marks errors that concern the input of a handler.
 * Internal to the package.
 *
 * @module
 */

import { isLimitError, type LimitError } from "../codec/limit_error.ts";
import {
  isValidationError,
  type ValidationError,
} from "../codec/validation_error.ts";
import { OperationError } from "./operation_error.ts";

/** What is known of an error of input. */
interface InputFault {
  /** The payload, which nobody has received; freed once. */
  payload: Uint8Array | undefined;
  /** Whether the remote peer receives the issues. */
  readonly sendIssues: boolean;
}

/**
 * Errors of input. An error of anything else, such as a result that a handler
 * received, is not among them.
 */
const ofInput = new WeakMap<InputError, InputFault>();

/** An error of the input: it is invalid, or exceeds a limit. */
export type InputError = ValidationError | LimitError;

/**
 * Marks an error as one of the input, which nobody receives if `payload` is
 * given. Returns the error to be thrown.
 */
export function inputError(
  error: unknown,
  sendIssues = false,
  payload?: Uint8Array,
): unknown {
  if (isValidationError(error) || isLimitError(error)) {
    ofInput.set(error, { payload, sendIssues });
  }
  return error;
}

/** Returns the payload of an error, which nobody has received; once. */
export function takeRefusedPayload(error: InputError): Uint8Array | undefined {
  const fault = ofInput.get(error);
  const payload = fault?.payload;
  if (fault !== undefined) fault.payload = undefined;
  return payload;
}

/** Returns what the remote peer receives for an error of its input (request/faulty). */
export function inputErrorPayload(error: InputError): Uint8Array {
  const { message } = error;
  return isValidationError(error) && ofInput.get(error)?.sendIssues
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
