/**
 * Failures after which a page does not connect again.
 * Internal to the package.
 *
 * @module
 */

import {
  isProtocolError,
  ProtocolErrorCode,
} from "../../codec/protocol_error.ts";
import { isOperationError } from "../../peer/operation_error.ts";

/** Returns whether a failure repeats itself: wrong options, a refused login, another protocol. */
export function isFinalFailure(error: unknown): boolean {
  if (error instanceof RangeError || error instanceof TypeError) return true;
  return isOperationError(error) ||
    isProtocolError(error) &&
      error.code === ProtocolErrorCode.unsupportedVersion;
}
