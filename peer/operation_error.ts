/**
 * The error of a request that was answered with an ErrorResult.
 *
 * @module
 */

import { bytesOf, type ByteSource } from "../quoting/byte_source.ts";
import { text } from "../codec/mod.ts";
import { brand, isBranded } from "../codec/error_brand.ts";

/** Options of an {@linkcode OperationError}. */
export interface OperationErrorOptions extends ErrorOptions {
  /** The operation that failed. */
  readonly operation?: string;
  /** The payload of the ErrorResult; the message as UTF-8 by default. */
  readonly payload?: ByteSource;
}

/**
 * An operation failed, and repeating the request would not help.
 *
 * A call rejects with it if the remote peer answers with an ErrorResult. A
 * handler throws it to choose the payload of the ErrorResult; any other error
 * of a handler is sent as a fixed text (request/failure-text).
 *
 * @example In a handler
 * ```ts
 * import { Handlers, OperationError } from "@gotalk/gotalk/peer";
 *
 * const handlers = new Handlers().handle("divide", ({ a, b }: { a: number; b: number }) => {
 *   if (b === 0) throw new OperationError("division by zero");
 *   return a / b;
 * });
 * ```
 */
export class OperationError extends Error {
  /** The error code. */
  readonly code = "operation-failed" as const;
  /** The operation that failed; `undefined` in an error that a handler created. */
  readonly operation: string | undefined;
  /** The payload of the ErrorResult, unchanged. */
  readonly payload: Uint8Array;

  static {
    brand(this, "OperationError");
  }

  /** Creates the error. In a handler, the message becomes the payload of the ErrorResult. */
  constructor(message: string, options: OperationErrorOptions = {}) {
    super(message, options);
    this.operation = options.operation;
    this.payload = options.payload === undefined
      ? text.encode(this.message.toWellFormed())
      : bytesOf(options.payload, "create an OperationError with the payload");
  }
}

/** Returns whether a value is an {@linkcode OperationError}, also one of another copy of this package. */
export function isOperationError(value: unknown): value is OperationError {
  return isBranded(value, "OperationError");
}
