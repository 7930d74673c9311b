/**
 * The payload of the notification `gotalk:credit`: how much of one direction of
 * a stream its reader takes.
 *
 * @module
 */

import { readHex8, readId, writeHex8, writeId } from "../_fields.ts";
import { checkRequestId, type RequestId } from "../request_id.ts";
import { CURRENT_VERSION } from "../version.ts";

/** The name of the notification with which the reader of a stream grants credit. */
export const CREDIT = "gotalk:credit";

/** The payload: a letter, a request ID, and an offset. */
const ID_AT = 1, OFFSET_AT = 5, PAYLOAD_BYTES = 21;

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
  checkRequestId(id, CURRENT_VERSION, "write", "a credit");
  const payload = new Uint8Array(PAYLOAD_BYTES);
  payload[0] = direction === "p" ? LETTER_P : LETTER_S;
  writeId(payload, ID_AT, id, OFFSET_AT - ID_AT);
  writeHex8(payload, OFFSET_AT, Math.floor(offset / 2 ** 32));
  writeHex8(payload, OFFSET_AT + 8, offset);
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
  const high = readHex8(payload, OFFSET_AT);
  const low = readHex8(payload, OFFSET_AT + 8);
  if (high < 0 || low < 0) return undefined;
  return {
    direction: letter === LETTER_P ? "p" : "S",
    id: readId(payload, ID_AT, OFFSET_AT - ID_AT),
    offset: Math.min(high * 2 ** 32 + low, Number.MAX_SAFE_INTEGER),
  };
}
