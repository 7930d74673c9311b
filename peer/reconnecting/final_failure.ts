/**
 * Failures after which connecting again would not help.
 *
 * @module
 */

import { isProtocolError } from "../../codec/protocol_error.ts";
import { isOperationError } from "../operation_error.ts";

/**
 * The HTTP statuses with which a server refuses a WebSocket for good: it knows
 * the client or the path and says no, or it is no WebSocket server.
 */
const FINAL_STATUSES: ReadonlySet<unknown> = new Set([200, 401, 403, 404, 426]);

/** The names of errors for permissions that the program lacks. */
const NOT_PERMITTED: ReadonlySet<unknown> = new Set([
  "NotCapable",
  "PermissionDenied",
]);

/**
 * What `onConnect` rejected with of a class that does not tell a mistake from a
 * lost network: `fetch` rejects with a `TypeError` for both.
 */
const UNCLEAR = new WeakSet<TypeError>();

/** The errors that have the status of an HTTP response. */
const RESPONSE_ERRORS = new Set([
  "UpgradeResponseError",
  "ExchangeResponseError",
]);

/** Records what `onConnect` rejected with. */
export function onConnectFailed(error: unknown): void {
  if (error instanceof TypeError) UNCLEAR.add(error);
}

/**
 * Returns whether connecting again would most likely fail in the same way. A
 * `ReconnectingPeer` gives up after such a failure, unless its option `isFinal`
 * decides otherwise.
 *
 * These are: an `OperationError`, which `onConnect` rejects with if a login is
 * refused; an HTTP status 401, 403 or 404, or 200 or 426 of a server that
 * accepts no WebSocket; a server of another protocol or of another version of
 * this one; a missing permission of the program; and a `TypeError` or
 * `RangeError`, for a wrong URL or a wrong option. A `TypeError` of `onConnect`
 * is not final, since `fetch` rejects with one if the network is lost. Browsers
 * do not reveal the status.
 *
 * @example Trying again although the server does not know the path yet
 * ```ts
 * import { isFinalFailure, reconnect } from "@gotalk/gotalk";
 * import { assertRejects } from "@std/assert";
 * import { UpgradeResponseError } from "@gotalk/gotalk/transport/websocket";
 *
 * await using peer = reconnect("ws://127.0.0.1:1/gotalk", {
 *   maxAttempts: 3,
 *   isFinal: (error) =>
 *     isFinalFailure(error) &&
 *     !(error instanceof Error && error.cause instanceof UpgradeResponseError &&
 *       error.cause.status === 404),
 * });
 * // Nothing listens there, which is not final, but was tried three times.
 * await assertRejects(() => peer.request("greet", "Ada"));
 * ```
 */
export function isFinalFailure(error: unknown): boolean {
  if (error instanceof RangeError) return true;
  if (error instanceof TypeError && !UNCLEAR.has(error)) return true;
  for (
    let each = error, depth = 0;
    each instanceof Error && depth < 8;
    each = each.cause, depth++
  ) {
    if (isOperationError(each) || isOtherProtocol(each)) return true;
    if (NOT_PERMITTED.has(each.name)) return true;
    if (
      RESPONSE_ERRORS.has(each.name) && "status" in each &&
      FINAL_STATUSES.has(each.status)
    ) return true;
  }
  return false;
}

/** Whether the server speaks another protocol, or another version of this one. */
function isOtherProtocol(error: Error): boolean {
  if (!isProtocolError(error)) return false;
  const { code, reason } = error;
  return reason === "not-a-version" || reason === "unsupported-version" ||
    reason === "reported" && code === 1;
}
