/**
 * The rules for the first two bytes of a frame (RFC 6455 section 5.2).
 *
 * @module
 */

import { MAX_CONTROL_PAYLOAD, OPCODE } from "./_frame.ts";

/**
 * Returns what is wrong with the first two bytes of a frame, or `undefined`.
 *
 * @param masked Whether the sender is a client, which must mask.
 * @param inMessage Whether the frame is inside a fragmented message.
 */
export function startProblem(
  first: number,
  second: number,
  masked: boolean,
  inMessage: boolean,
): string | undefined {
  const opcode = first & 0x0f;
  if ((first & 0x70) !== 0) {
    return `first byte ${
      hex(first)
    } has reserved bits, wanted none as no extension was agreed`;
  }
  if ((opcode & 0x07) > OPCODE.binary) {
    return `unknown opcode ${opcode}, wanted 0, 1, 2, 8, 9 or 10`;
  }
  if (second >= 0x80 !== masked) {
    return masked
      ? "unmasked frame, wanted a mask from a client"
      : "masked frame, wanted no mask from a server";
  }
  if (opcode >= OPCODE.close) {
    if (first < 0x80) {
      return `fragment of a control frame (opcode ${opcode}), wanted it whole`;
    }
    if ((second & 0x7f) > MAX_CONTROL_PAYLOAD) {
      return `control frame (opcode ${opcode}) of over ${MAX_CONTROL_PAYLOAD} bytes, wanted no more`;
    }
  } else if (opcode === OPCODE.continuation) {
    if (!inMessage) return "continuation of nothing, wanted a new message";
  } else if (inMessage) {
    return `new message (opcode ${opcode}) inside another, wanted a continuation`;
  }
  return undefined;
}

/** Formats a byte for an error message. */
export function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}
