/**
 * The error of a call whose connection ended.
 *
 * @module
 */

import { brand, isBranded } from "../codec/error_brand.ts";

/**
 * The connection ended before a call was answered.
 *
 * `outcome` says what that means for the request: `"not-sent"` when no byte of it left, so that it can
 * safely be made again; `"unknown"` when it may have been carried out or not.
 */
export class ConnectionClosedError extends Error {
  /** Names the error for programs. */
  readonly code = "connection-closed" as const;
  /** Whether the request can have been carried out. */
  readonly outcome: "not-sent" | "unknown";

  static {
    brand(this, "ConnectionClosedError");
  }

  /** Creates the error; `cause` is what ended the connection. */
  constructor(
    message: string,
    options: ErrorOptions & { readonly outcome: "not-sent" | "unknown" },
  ) {
    super(message, options);
    this.outcome = options.outcome;
  }
}

/** Whether a value is a {@linkcode ConnectionClosedError}, also one of another copy of this package. */
export function isConnectionClosedError(
  value: unknown,
): value is ConnectionClosedError {
  return isBranded(value, "ConnectionClosedError");
}
