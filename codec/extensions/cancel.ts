/**
 * The payload of the notification `gotalk:cancel`: a requestor gives up one of
 * its requests.
 *
 * @module
 */

import { type RequestId, requestId, requestIdBytes } from "../request_id.ts";
import { readReason, withReason } from "./reason.ts";

/** The name of the notification with which a requestor cancels a request. */
export const CANCEL = "gotalk:cancel";

/** The size of a request ID. */
const ID_BYTES = 4;

/** The meaning of a `gotalk:cancel`. */
export interface Cancel {
  /** The request that is cancelled. */
  readonly id: RequestId;
  /** Why; may be empty. */
  readonly reason: string;
}

/**
 * Returns the payload of a `gotalk:cancel`: the request ID, and the reason as
 * UTF-8, of which at most 256 bytes are sent (extension/cancel).
 *
 * @throws {LimitError} If the number is not a request ID.
 *
 * @example
 * ```ts
 * import { encodeCancel, requestId } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const payload = encodeCancel({ id: requestId("0001"), reason: "left" });
 * assertEquals(payload, new TextEncoder().encode("0001left"));
 * ```
 */
export function encodeCancel(
  { id, reason }: Cancel,
): Uint8Array<ArrayBuffer> {
  const payload = withReason(ID_BYTES, reason);
  payload.set(requestIdBytes(id));
  return payload;
}

/**
 * Returns the meaning of the payload of a `gotalk:cancel`; `undefined` if it is
 * malformed: shorter than a request ID (extension/cancel). At most 256 bytes of
 * the reason are kept; what is not UTF-8 is replaced.
 *
 * @example
 * ```ts
 * import { decodeCancel, requestId } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const payload = new TextEncoder().encode("0001");
 * assertEquals(decodeCancel(payload), { id: requestId("0001"), reason: "" });
 * assertEquals(decodeCancel(payload.subarray(1)), undefined);
 * ```
 */
export function decodeCancel(payload: Uint8Array): Cancel | undefined {
  if (payload.byteLength < ID_BYTES) return undefined;
  return {
    id: requestId(payload.subarray(0, ID_BYTES)),
    reason: readReason(payload.subarray(ID_BYTES)),
  };
}
