/**
 * The error of a request that may be repeated later.
 *
 * @module
 */

import { bytesOf, type ByteSource } from "../quoting/byte_source.ts";
import { checkOptionNames } from "../quoting/option_names.ts";
import { describeValue } from "../quoting/value.ts";
import { text } from "../codec/payload.ts";
import { brand, isBranded } from "../codec/error_brand.ts";

/** The longest wait that a RetryResult can hold, in milliseconds. */
export const LONGEST_WAIT = 0xffffffff;

/** Options of a {@linkcode RetryError}. */
export interface RetryErrorOptions extends ErrorOptions {
  /** Time to wait before repeating the request, in milliseconds, 0 to 4,294,967,295; rounded up. */
  readonly wait: number;
  /** The requested operation. */
  readonly operation?: string;
  /** The payload of the RetryResult; the message as UTF-8 by default. */
  readonly payload?: ByteSource;
}

/**
 * A request was refused for now and may be repeated after a wait.
 *
 * A call rejects with it if the remote peer answers with a RetryResult and the
 * call's retry policy is off or exhausted. A handler throws it to send a
 * RetryResult. One that a call of the handler was answered with, whose
 * `operation` is set, is sent as `internal error`, like an `OperationError` of
 * that kind; to relay it, throw a new one with its `wait` and `payload`.
 *
 * @example In a handler
 * ```ts
 * import { Handlers, RetryError } from "@gotalk/gotalk/peer";
 *
 * const handlers = new Handlers().handle("report", () => {
 *   throw new RetryError("the report is being built", { wait: 2_000 });
 * });
 * ```
 */
export class RetryError extends Error {
  /** The error code. */
  readonly code = "retry" as const;
  /** Time to wait before repeating the request, in milliseconds. */
  readonly wait: number;
  /** The requested operation; `undefined` in an error that a handler created. */
  readonly operation: string | undefined;
  /** The payload of the RetryResult, unchanged. */
  readonly payload: Uint8Array;

  static {
    brand(this, "RetryError");
  }

  /**
   * Creates the error. In a handler, the message becomes the payload of the RetryResult.
   *
   * @throws {RangeError} If `wait` is out of its range.
   * @throws {TypeError} If an option is unknown.
   */
  constructor(message: string, options: RetryErrorOptions) {
    super(message, options);
    const wait = Math.ceil(options?.wait);
    if (!(wait >= 0 && wait <= LONGEST_WAIT)) {
      throw new RangeError(
        `Cannot create a RetryError: got wait ${
          describeValue(options?.wait)
        }, wanted 0 to ${LONGEST_WAIT} milliseconds`,
      );
    }
    checkOptionNames(options, {
      cause: 1,
      operation: 1,
      payload: 1,
      wait: 1,
    });
    this.wait = wait;
    this.operation = options.operation;
    this.payload = options.payload === undefined
      ? text.encode(this.message.toWellFormed())
      : bytesOf(options.payload, "create a RetryError with the payload");
  }
}

/** Returns whether a value is a {@linkcode RetryError}, also one of another copy of this package. */
export function isRetryError(value: unknown): value is RetryError {
  return isBranded(value, "RetryError");
}
