/**
 * The error for a WebSocket that has ended.
 * Internal to the package.
 *
 * @module
 */

import { quoteText } from "./quote.ts";

/** A WebSocket has ended, or did not open. */
export class WebSocketCloseError extends Error {
  override readonly name = "WebSocketCloseError";
  readonly closeCode: number;
  readonly reason: string;

  constructor(what: string, { code, reason }: CloseEvent) {
    const how = code === 1006 ? "without a close" : `with the code ${code}`;
    super(`${what}: it ended ${how}${reason && `, ${quoteText(reason)}`}`);
    this.closeCode = code;
    this.reason = reason;
  }
}
