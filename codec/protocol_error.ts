/**
 * The error of a conversation that breaks the protocol.
 *
 * @module
 */

import { brand, isBranded } from "./error_brand.ts";

/** The codes that the protocol defines for a ProtocolError message. */
export const ProtocolErrorCode = {
  /** Something went wrong that no other code describes. */
  abnormal: 0,
  /** The other side speaks a protocol version that this side does not. */
  unsupportedVersion: 1,
  /** A message was malformed, of an unknown kind, or not allowed at this point. */
  invalidMessage: 2,
  /** The other side was silent for too long. */
  timeout: 3,
} as const;

/** What is wrong with the bytes, as one word of a fixed list. */
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

/** What a {@linkcode ProtocolError} is made of, besides its message. */
export interface ProtocolErrorOptions extends ErrorOptions {
  /** The code of the ProtocolError message that tells the other side: 0 to 3, or any 32-bit number that it sent. */
  readonly code: number;
  /** What is wrong, as one word. */
  readonly reason: ProtocolErrorReason;
  /** Where the fault is: bytes from the start of the conversation in that direction. */
  readonly offset?: number | undefined;
  /** Who found the fault; `"local"` by default. */
  readonly side?: "local" | "remote";
}

/**
 * A conversation broke the protocol, and cannot go on.
 *
 * This side throws it when it reads bytes that are no Gotalk message (`side` is `"local"`), or
 * when the other side reported a fault with a ProtocolError message (`side` is `"remote"`).
 *
 * @example What a decoder says about a malformed number
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
  /** The code that a ProtocolError message carries for it. */
  readonly code: number;
  /** What is wrong, as one word. */
  readonly reason: ProtocolErrorReason;
  /** Where the fault is, in bytes from the start of the conversation; `undefined` when it is in no byte. */
  readonly offset: number | undefined;
  /** Who found the fault: this side, or the other side by a ProtocolError message. */
  readonly side: "local" | "remote";

  static {
    brand(this, "ProtocolError");
  }

  /** Creates the error from a sentence for humans and the facts for programs. */
  constructor(message: string, options: ProtocolErrorOptions) {
    super(message, options);
    this.code = options.code;
    this.reason = options.reason;
    this.offset = options.offset;
    this.side = options.side ?? "local";
  }
}

/**
 * Whether a value is a {@linkcode ProtocolError}, also one of another copy of this package.
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
