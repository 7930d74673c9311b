/**
 * Headers of messages whose payloads are not at hand.
 *
 * @module
 */

import { encode, type Message } from "../codec/mod.ts";

/** The largest size of a payload that a header can hold. */
export const MAX_SIZE = 0xffffffff;

/** Returns the header of a message whose payload follows: the size is its last field (wire/payload). */
export function sized(message: Message, size: number): Uint8Array {
  const [header] = encode(message);
  const digits = size.toString(16).padStart(8, "0");
  for (let at = 0; at < digits.length; at++) {
    header![header!.byteLength - digits.length + at] = digits.charCodeAt(at);
  }
  return header!;
}
