/**
 * The error for a payload that is not valid.
 *
 * @module
 */

import { brand, isBranded } from "./error_brand.ts";

/** One fault of a value. */
export interface ValidationIssue {
  /** The fault, for humans. */
  readonly message: string;
  /** The keys that lead from the root of the value to the fault. */
  readonly path?: readonly PropertyKey[];
}

/** Properties of a {@linkcode ValidationError} besides its message. */
export interface ValidationErrorOptions extends ErrorOptions {
  /** The check that failed. */
  readonly code: "json" | "utf8" | "schema";
  /** The side that made the value: `"remote"` if it was received. */
  readonly side: "local" | "remote";
  /** The offset of the fault in the payload, in bytes, for code `"utf8"`. */
  readonly offset?: number | undefined;
  /** All faults; the message alone by default. */
  readonly issues?: readonly ValidationIssue[];
}

/**
 * The error for a payload that is malformed, or not what a schema accepts.
 *
 * The conversation is not affected.
 *
 * @example
 * ```ts
 * import { text, ValidationError } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * try {
 *   text.decode(Uint8Array.of(0x61, 0xff));
 * } catch (error) {
 *   if (!(error instanceof ValidationError)) throw error;
 *   const { code, side, offset, message } = error;
 *   assertEquals([code, side, offset], ["utf8", "remote", 1]);
 *   assertEquals(
 *     message,
 *     "Cannot decode the payload: byte 1 is 0xff, wanted UTF-8",
 *   );
 * }
 * ```
 */
export class ValidationError extends Error {
  /** The check that failed. */
  readonly code: "json" | "utf8" | "schema";
  /** The side that made the value: `"remote"` if it was received. */
  readonly side: "local" | "remote";
  /**
   * The offset of the fault in the payload, in bytes, for code `"utf8"`;
   * otherwise `undefined`.
   */
  readonly offset: number | undefined;
  /** All faults of the value; at least one. */
  readonly issues: readonly ValidationIssue[];

  static {
    brand(this, "ValidationError");
  }

  /** Creates the error with a message and properties for programs. */
  constructor(message: string, options: ValidationErrorOptions) {
    super(message, options);
    this.code = options.code;
    this.side = options.side;
    this.offset = options.offset;
    this.issues = options.issues ?? [{ message }];
  }
}

/**
 * Returns whether a value is a {@linkcode ValidationError}, also one of another
 * copy of this package.
 *
 * @example
 * ```ts
 * import { isValidationError, json } from "@gotalk/gotalk/codec";
 * import { assert } from "@std/assert";
 *
 * try {
 *   json.encode(1n);
 * } catch (error) {
 *   assert(isValidationError(error) && error.side === "local");
 * }
 * ```
 */
export function isValidationError(value: unknown): value is ValidationError {
  return isBranded(value, "ValidationError");
}
