/**
 * The error of a request that was answered with an error.
 *
 * @module
 */

import { text } from "../codec/mod.ts";
import { brand, isBranded } from "../codec/error_brand.ts";

/** What an {@linkcode OperationError} is made of, besides its message. */
export interface OperationErrorOptions extends ErrorOptions {
  /** The operation that failed. */
  readonly operation?: string;
  /** What the ErrorResult carries; the message as UTF-8 by default. */
  readonly payload?: Uint8Array;
}

/**
 * An operation failed, and asking again would not help.
 *
 * A call rejects with it when the other side answers with an ErrorResult. A handler throws it to
 * choose what the other side is told; every other error of a handler reaches it as a fixed text.
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
  /** Names the error for programs. */
  readonly code = "operation-failed" as const;
  /** The operation that failed; `undefined` in an error that a handler made. */
  readonly operation: string | undefined;
  /** What the ErrorResult carries, unchanged. */
  readonly payload: Uint8Array;

  static {
    brand(this, "OperationError");
  }

  /** Creates the error; in a handler, the message is what the other side is told. */
  constructor(message: string, options: OperationErrorOptions = {}) {
    super(message, options);
    this.operation = options.operation;
    this.payload = options.payload ?? text.encode(message.toWellFormed());
  }
}

/** Whether a value is an {@linkcode OperationError}, also one of another copy of this package. */
export function isOperationError(value: unknown): value is OperationError {
  return isBranded(value, "OperationError");
}
