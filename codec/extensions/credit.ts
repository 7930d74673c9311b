/**
 * The payload of the notification `gotalk:credit`: how much of one direction of
 * a stream its reader takes.
 *
 * @module
 */

import { type RequestId, requestId, requestIdBytes } from "../request_id.ts";

/** The name of the notification with which the reader of a stream grants credit. */
export const CREDIT = "gotalk:credit";

/** The payload: a letter, a request ID, and an offset. */
const ID_AT = 1, OFFSET_AT = 5, PAYLOAD_BYTES = 21;

const DIGITS = 16;

const HEX = /^[0-9a-fA-F]+$/;

const LETTER_P = 0x70, LETTER_S = 0x53;

/** The meaning of a `gotalk:credit`. */
export interface Credit {
  /**
   * The direction that is limited: `"p"`, the data of the requestor, or `"S"`,
   * that of the responder, after the first bytes of their messages.
   */
  readonly direction: "p" | "S";
  /** The stream request. */
  readonly id: RequestId;
  /**
   * The number of payload bytes of the direction that the reader takes
   * altogether, counted from its beginning. Larger ones than
   * `Number.MAX_SAFE_INTEGER` are read as this, and none is written.
   */
  readonly offset: number;
}

/**
 * Returns the payload of a `gotalk:credit` (extension/credit). The offset must
 * be a safe integer of at least 0.
 *
 * @throws {LimitError} If the number is not a request ID.
 *
 * @example
 * ```ts
 * import { encodeCredit, requestId } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const id = requestId("0001");
 * const payload = encodeCredit({ direction: "p", id, offset: 327_680 });
 * assertEquals(payload, new TextEncoder().encode("p00010000000000050000"));
 * ```
 */
export function encodeCredit(
  { direction, id, offset }: Credit,
): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(PAYLOAD_BYTES);
  payload[0] = direction === "p" ? LETTER_P : LETTER_S;
  payload.set(requestIdBytes(id), ID_AT);
  const digits = offset.toString(16).padStart(DIGITS, "0");
  for (let at = 0; at < DIGITS; at++) {
    payload[OFFSET_AT + at] = digits.charCodeAt(at);
  }
  return payload;
}

/**
 * Returns the meaning of the payload of a `gotalk:credit`; `undefined` if it is
 * malformed (extension/credit-malformed).
 *
 * @example
 * ```ts
 * import { decodeCredit, requestId } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const payload = new TextEncoder().encode("S00010000000000048000");
 * assertEquals(decodeCredit(payload), {
 *   direction: "S",
 *   id: requestId("0001"),
 *   offset: 294_912,
 * });
 * assertEquals(decodeCredit(payload.subarray(1)), undefined);
 * ```
 */
export function decodeCredit(payload: Uint8Array): Credit | undefined {
  if (payload.byteLength !== PAYLOAD_BYTES) return undefined;
  const letter = payload[0];
  if (letter !== LETTER_P && letter !== LETTER_S) return undefined;
  const digits = String.fromCharCode(...payload.subarray(OFFSET_AT));
  if (!HEX.test(digits)) return undefined;
  return {
    direction: letter === LETTER_P ? "p" : "S",
    id: requestId(payload.subarray(ID_AT, OFFSET_AT)),
    offset: Math.min(parseInt(digits, 16), Number.MAX_SAFE_INTEGER),
  };
}
