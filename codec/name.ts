/**
 * Names of operations and notifications: bytes on the wire, text in most programs.
 *
 * @module
 */

import { quoteBytes, quoteText, utf8Text } from "../quoting/quote.ts";

/**
 * The name of an operation or a notification: 0 to 4,095 bytes on the wire.
 *
 * A name that is UTF-8, as nearly all are, is a string. Any other name is its
 * bytes: it survives decoding and encoding unchanged, and never equals a name
 * that is text (wire/text3-bytes).
 */
export type Name = string | Uint8Array;

/** The longest name that a message can carry, in bytes (wire/text3). */
export const MAX_NAME_BYTES = 4095;

/**
 * Returns the name for its bytes on the wire: a string if they are UTF-8, else a
 * copy of them.
 *
 * @example
 * ```ts
 * import { decodeName } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(decodeName(Uint8Array.of(0xc3, 0xa9)), "é");
 * assertEquals(decodeName(Uint8Array.of(0xff, 0xfe)), Uint8Array.of(0xff, 0xfe));
 * ```
 */
export function decodeName(bytes: Uint8Array): Name {
  return utf8Text(bytes) ?? new Uint8Array(bytes);
}

/**
 * Returns a name in double quotes, escaped so that it is safe to print.
 *
 * @example
 * ```ts
 * import { quoteName } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(quoteName("a\nb"), '"a\\x0ab"');
 * assertEquals(quoteName(Uint8Array.of(0x61, 0xff)), '"a\\xff"');
 * ```
 */
export function quoteName(name: Name): string {
  return typeof name === "string" ? quoteText(name) : quoteBytes(name);
}
