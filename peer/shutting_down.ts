/**
 * What a draining peer answers.
 * Internal to the package.
 *
 * @module
 */

import { text } from "../codec/payload.ts";

/** The text of the RetryResults with which a draining peer refuses requests. */
export const SHUTTING_DOWN = "shutting down";

/** Returns whether the payload of a RetryResult is that of a draining peer. */
export function isShuttingDown(payload: Uint8Array<ArrayBuffer>): boolean {
  return payload.byteLength === SHUTTING_DOWN.length &&
    text.decode(payload) === SHUTTING_DOWN;
}
