/**
 * The error for a WebSocket that the remote side closed.
 *
 * @module
 */

import { quoteText } from "../../quoting/quote.ts";

/**
 * The remote side closed the WebSocket, or it ended without a close.
 *
 * Errors of `connect`, of calls and of conversations have it as their `cause`,
 * or are it, if that is why they failed. Gateways close with a code of their
 * own, such as 4401, to explain a refusal.
 *
 * @example
 * ```ts
 * import { connect } from "@gotalk/gotalk";
 * import { WebSocketCloseError } from "@gotalk/gotalk/transport/websocket";
 * import { listenWebSocket } from "@gotalk/gotalk/transport/websocket-listener";
 * import { assertEquals } from "@std/assert";
 *
 * await using listener = listenWebSocket();
 * listener.accept().then((channel) => channel?.close({ code: 401, reason: "unauthorized" }));
 * const error = await connect(listener.address).catch((error) => error);
 * const close = [error, error.cause].find((each) => each instanceof WebSocketCloseError);
 * assertEquals([close?.closeCode, close?.reason], [4401, "unauthorized"]);
 * ```
 */
export class WebSocketCloseError extends Error {
  /** `"WebSocketCloseError"`. */
  override readonly name = "WebSocketCloseError";
  /** The close code: 1005 stands for a close without a code, 1006 for an end without a close. */
  readonly closeCode: number;
  /** The reason that the remote side gave, unchanged: any text. */
  readonly reason: string;

  /** Creates an error; `what` is what failed. */
  constructor(
    what: string,
    { code, reason }: { readonly code: number; readonly reason: string },
  ) {
    super(`${what}: ${describe(code, reason)}`);
    this.closeCode = code;
    this.reason = reason;
  }
}

function describe(code: number, reason: string): string {
  if (code === 1006) return "it ended without a close";
  const why = reason === "" ? "no reason" : quoteText(reason);
  return code === 1005
    ? `the remote side closed it without a code and with ${why}`
    : `the remote side closed it with ${code} and ${why}`;
}
