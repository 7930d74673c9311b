/**
 * Which calls are served without a conversation.
 *
 * @module
 */

import type { Limits } from "../peer/limits.ts";
import type { CallTarget } from "./_call_request.ts";

/**
 * The largest payload of a call that is served without a conversation, in bytes:
 * it arrives in few packets, so that its progress need not be watched.
 */
const MOST = 16 * 1024;

/**
 * Returns the size of the payload of a call that is small and within all limits;
 * `undefined` if it is not, or the call is a stream.
 */
export function smallPayload(
  { body, input, kind }: CallTarget,
  request: Request,
  { maxJsonBytes, maxPayloadBytes }: Limits,
): number | undefined {
  if (kind === "stream") return undefined;
  const size = body === undefined
    ? input?.byteLength ?? 0
    : lengthOfBody(request);
  const most = Math.min(MOST, maxPayloadBytes, maxJsonBytes);
  return size !== undefined && size <= most ? size : undefined;
}

/** The time within which a small payload must have arrived, in milliseconds: also at the lowest rate, but not behind a silence. */
export function smallPayloadTime(
  { minReceiveBytesPerSecond, progressTimeout, receiveTimeout }: Limits,
): number {
  const arrival = MOST / minReceiveBytesPerSecond * 1_000;
  return Math.min(receiveTimeout, progressTimeout + arrival);
}

/** Returns the length of a body; `undefined` if it is not known. */
function lengthOfBody(request: Request): number | undefined {
  const length = request.headers.get("content-length");
  if (length === null) return request.body === null ? 0 : undefined;
  return /^\d+$/.test(length) ? Number(length) : undefined;
}
