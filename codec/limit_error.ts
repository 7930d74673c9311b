/**
 * The error for a value beyond a limit.
 *
 * @module
 */

import { brand, isBranded } from "./error_brand.ts";

/**
 * The error for a value beyond a limit of the protocol or the configuration.
 *
 * Nothing was done with the value: no byte was written (wire/range).
 *
 * @example An operation name that does not fit into a message
 * ```ts
 * import { encode, isLimitError, requestId } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const operation = "x".repeat(5_000);
 * const payload = new Uint8Array();
 * try {
 *   encode({ kind: "SingleRequest", id: requestId("0001"), operation, payload });
 * } catch (error) {
 *   if (!isLimitError(error)) throw error;
 *   assertEquals(error.code, "operation");
 *   assertEquals(
 *     error.message,
 *     "Cannot encode SingleRequest: operation is 5000 bytes, wanted at most 4095",
 *   );
 * }
 * ```
 */
export class LimitError extends Error {
  /** The name of the limit, or of the field that exceeds it. */
  readonly code: string;

  static {
    brand(this, "LimitError");
  }

  /** Creates the error with a message and the name of the limit. */
  constructor(
    message: string,
    options: ErrorOptions & { readonly code: string },
  ) {
    super(message, options);
    this.code = options.code;
  }
}

/**
 * Returns whether a value is a {@linkcode LimitError}, also one of another copy
 * of this package.
 *
 * @example
 * ```ts
 * import { encode, isLimitError } from "@gotalk/gotalk/codec";
 * import { assert } from "@std/assert";
 *
 * try {
 *   encode({ kind: "Heartbeat", load: 65_536, time: 0 });
 * } catch (error) {
 *   assert(isLimitError(error) && error.code === "load");
 * }
 * ```
 */
export function isLimitError(value: unknown): value is LimitError {
  return isBranded(value, "LimitError");
}
