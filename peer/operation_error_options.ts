/**
 * Options of the error of an operation.
 *
 * @module
 */

import type { ByteSource } from "../quoting/byte_source.ts";
import { checkOptionNames, type OptionNames } from "../quoting/option_names.ts";
import { describeValue } from "../quoting/value.ts";

/** Options of an `OperationError`. */
export interface OperationErrorOptions<
  Code extends string = string,
  Data = unknown,
> extends ErrorOptions {
  /** The operation that failed. */
  readonly operation?: string;
  /** The payload of the ErrorResult; by default the message as UTF-8, or with `code` and `data` as JSON. */
  readonly payload?: ByteSource;
  /** A code for programs, which the remote peer finds as `code`. */
  readonly code?: Code | undefined;
  /** A value that JSON can hold, which the remote peer finds as `data`. */
  readonly data?: Data;
  /** The text of the ErrorResult; the message by default. */
  readonly text?: string;
}

const NAMES: OptionNames<OperationErrorOptions> = {
  cause: 1,
  code: 1,
  data: 1,
  operation: 1,
  payload: 1,
  text: 1,
};

/**
 * Checks options of an error: a code of another type would arrive as text.
 *
 * @throws {TypeError} If a name is unknown, or `code` or `text` is no string.
 */
export function checkErrorOptions(options: OperationErrorOptions): void {
  checkOptionNames(options, NAMES);
  for (const name of ["code", "text"] as const) {
    const value: unknown = options[name];
    if (value === undefined || typeof value === "string") continue;
    throw new TypeError(
      `Cannot set ${name}: got ${describeValue(value)}, wanted a string`,
    );
  }
}
