/**
 * The error for a conversation that breaks the protocol.
 *
 * @module
 */

import { brand, isBranded } from "./error_brand.ts";

/** The codes that the protocol defines for a ProtocolError message (error/codes). */
export const ProtocolErrorCode = {
  /** Anything that no other code describes. */
  abnormal: 0,
  /** The remote peer speaks a protocol version that the local peer does not. */
  unsupportedVersion: 1,
  /** A message was malformed, of an unknown kind, or not allowed at this point. */
  invalidMessage: 2,
  /** The remote peer was silent for too long. */
  timeout: 3,
} as const;

/** The reason for a {@linkcode ProtocolError}. */
export type ProtocolErrorReason =
  | "unsupported-version"
  | "not-a-version"
  | "unknown-kind"
  | "bad-hex"
  | "truncated"
  | "over-limit"
  | "not-allowed"
  | "timeout"
  | "abnormal"
  | "reported";

/** Properties of a {@linkcode ProtocolError} besides its message. */
export interface ProtocolErrorOptions extends ErrorOptions {
  /**
   * The code of the ProtocolError message to send or received: 0 to 3, or any
   * 32-bit number received.
   */
  readonly code: number;
  /** The reason. */
  readonly reason: ProtocolErrorReason;
  /** The offset of the fault in that direction of the conversation, in bytes. */
  readonly offset?: number | undefined;
  /** The side that found the fault; `"local"` by default. */
  readonly side?: "local" | "remote";
}

/**
 * The error for a conversation that breaks the protocol and ends.
 *
 * Its `side` is `"local"` if the local peer has read bytes that are not a Gotalk
 * message, and `"remote"` if the remote peer has reported a fault with a
 * ProtocolError message.
 *
 * @example The error for a malformed number
 * ```ts
 * import { Decoder, isProtocolError } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const decoder = new Decoder();
 * decoder.push(new TextEncoder().encode("R00010x000002hi"));
 * try {
 *   decoder.read();
 * } catch (error) {
 *   if (!isProtocolError(error)) throw error;
 *   assertEquals(error.reason, "bad-hex");
 *   assertEquals(error.offset, 6);
 *   assertEquals(error.code, 2);
 *   assertEquals(
 *     error.message,
 *     'Cannot decode SingleResult: payload size is "0x", wanted 8 hexadecimal digits, at byte 6',
 *   );
 * }
 * ```
 */
export class ProtocolError extends Error {
  /** The code of the ProtocolError message for it. */
  readonly code: number;
  /** The reason. */
  readonly reason: ProtocolErrorReason;
  /**
   * The offset of the fault in that direction of the conversation, in bytes;
   * `undefined` if no byte shows it.
   */
  readonly offset: number | undefined;
  /** The side that found the fault. */
  readonly side: "local" | "remote";

  static {
    brand(this, "ProtocolError");
  }

  /** Creates the error with a message and properties for programs. */
  constructor(message: string, options: ProtocolErrorOptions) {
    super(message, options);
    this.code = options.code;
    this.reason = options.reason;
    this.offset = options.offset;
    this.side = options.side ?? "local";
  }
}

/**
 * Returns whether a value is a {@linkcode ProtocolError}, also one of another
 * copy of this package.
 *
 * @example
 * ```ts
 * import { isProtocolError } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isProtocolError(new Error("something else")), false);
 * ```
 */
export function isProtocolError(value: unknown): value is ProtocolError {
  return isBranded(value, "ProtocolError");
}
