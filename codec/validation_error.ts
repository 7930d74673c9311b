/**
 * The error of a payload that is not what was wanted.
 *
 * @module
 */

import { brand, isBranded } from "./error_brand.ts";

/** One thing that is wrong with a value. */
export interface ValidationIssue {
  /** What is wrong, for humans. */
  readonly message: string;
  /** Where in the value: the keys that lead there from its root. */
  readonly path?: readonly PropertyKey[];
}

/** What a {@linkcode ValidationError} is made of, besides its message. */
export interface ValidationErrorOptions extends ErrorOptions {
  /** What kind of check failed: `"json"`, `"utf8"` or `"schema"`. */
  readonly code: "json" | "utf8" | "schema";
  /** Whose value it is: `"local"` when this side made it, `"remote"` when it was received. */
  readonly side: "local" | "remote";
  /** Byte of the payload at which the fault is. */
  readonly offset?: number | undefined;
  /** Everything that is wrong; the message alone by default. */
  readonly issues?: readonly ValidationIssue[];
}

/** A payload cannot be read or written as what it should be; the conversation is unharmed. */
export class ValidationError extends Error {
  /** What kind of check failed: `"json"`, `"utf8"` or `"schema"`. */
  readonly code: "json" | "utf8" | "schema";
  /** Whose value it is: `"local"` when this side made it, `"remote"` when it was received. */
  readonly side: "local" | "remote";
  /** Byte of the payload at which the fault is; `undefined` when it is in no byte. */
  readonly offset: number | undefined;
  /** Everything that is wrong with the value; at least one. */
  readonly issues: readonly ValidationIssue[];

  static {
    brand(this, "ValidationError");
  }

  /** Creates the error from a sentence for humans and the facts for programs. */
  constructor(message: string, options: ValidationErrorOptions) {
    super(message, options);
    this.code = options.code;
    this.side = options.side;
    this.offset = options.offset;
    this.issues = options.issues ?? [{ message }];
  }
}

/** Whether a value is a {@linkcode ValidationError}, also one of another copy of this package. */
export function isValidationError(value: unknown): value is ValidationError {
  return isBranded(value, "ValidationError");
}
