/**
 * What a request is answered with that was cancelled.
 * Internal to the package.
 *
 * @module
 */

import { text } from "../codec/payload.ts";

/** The text of the ErrorResult of a request that its requestor has cancelled (extension/cancel-text). */
export const CANCELLED_TEXT = "cancelled";

/** Returns whether the payload of an ErrorResult is that of a cancelled request. */
export function isCancelled(payload: Uint8Array<ArrayBuffer>): boolean {
  return payload.byteLength === CANCELLED_TEXT.length &&
    text.decode(payload) === CANCELLED_TEXT;
}
