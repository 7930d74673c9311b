/**
 * The stream with the most unread data.
 *
 * @module
 */

import type { Requestor } from "./requestor/requestor.ts";
import type { Responder } from "./responder/responder.ts";

/** Ends the stream of which the most is unread, in either direction. Returns whether there was one. */
export function endFullestStream(
  requestor: Requestor,
  responder: Responder,
): boolean {
  const call = requestor.fullest;
  const stream = responder.fullest;
  if (stream !== undefined && stream.unreadBytes > (call?.unreadBytes ?? 0)) {
    responder.overflow(stream);
    return true;
  }
  call?.overflow();
  return call !== undefined;
}
