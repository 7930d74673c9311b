/**
 * Why a call is cancelled, for the remote peer.
 *
 * @module
 */

import { isLimitError } from "../../codec/limit_error.ts";
import { isDOMException } from "../abort.ts";
import { isOperationError } from "../operation_error.ts";

/**
 * Returns the text of a reason: a string, or that of an error which is made for
 * the remote peer. As with the errors of handlers, the texts of others stay
 * local: they may contain internal details.
 */
export function reasonText(reason: unknown): string {
  if (typeof reason === "string") return reason;
  if (isOperationError(reason)) return reason.text;
  if (isLimitError(reason)) return "result too large";
  return isDOMException(reason, "TimeoutError") ? "timeout" : "";
}
