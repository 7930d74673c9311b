/**
 * The error of a request that may be made again later.
 *
 * @module
 */

import { text } from "../codec/mod.ts";
import { brand, isBranded } from "../codec/error_brand.ts";

/** What a {@linkcode RetryError} is made of, besides its message. */
export interface RetryErrorOptions extends ErrorOptions {
  /** How long to wait before asking again, in milliseconds, 0 to 4,294,967,295. */
  readonly wait: number;
  /** The operation that was asked for. */
  readonly operation?: string;
  /** What the RetryResult carries; the message as UTF-8 by default. */
  readonly payload?: Uint8Array;
}

/**
 * A request was not carried out now, but may be made again after a while.
 *
 * A call rejects with it when the other side answers with a RetryResult and the call does not ask
 * again, or has done so often enough. A handler throws it to send a RetryResult.
 */
export class RetryError extends Error {
  /** Names the error for programs. */
  readonly code = "retry" as const;
  /** How long to wait before asking again, in milliseconds. */
  readonly wait: number;
  /** The operation that was asked for; `undefined` in an error that a handler made. */
  readonly operation: string | undefined;
  /** What the RetryResult carries, unchanged. */
  readonly payload: Uint8Array;

  static {
    brand(this, "RetryError");
  }

  /** Creates the error; in a handler, the message is what the other side is told. */
  constructor(message: string, options: RetryErrorOptions) {
    super(message, options);
    this.wait = options.wait;
    this.operation = options.operation;
    this.payload = options.payload ?? text.encode(message.toWellFormed());
  }
}

/** Whether a value is a {@linkcode RetryError}, also one of another copy of this package. */
export function isRetryError(value: unknown): value is RetryError {
  return isBranded(value, "RetryError");
}
