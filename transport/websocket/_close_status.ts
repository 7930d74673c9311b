/**
 * The status that a WebSocket closes with: a code and a reason.
 *
 * @module
 */

import type { CloseOptions } from "../channel.ts";
import { WebSocketCloseError } from "./web_socket_close_error.ts";

/** The code and reason of a close. */
export interface CloseStatus {
  /**
   * The close code: 1005 stands for a close without a code, 1006 for an end
   * without a close.
   */
  readonly code: number;
  /** The reason; often empty. */
  readonly reason: string;
}

/** The conversation is over. */
export const NORMAL_CLOSURE: CloseStatus = { code: 1000, reason: "" };

/** The connection ended without a close frame. */
export const ABNORMAL_CLOSURE: CloseStatus = { code: 1006, reason: "" };

/**
 * Returns the status for a channel that the local side closes: 4000 plus the
 * code of a ProtocolError, or 1000 (websocket/close-code).
 */
export function closeStatus({ code, reason = "" }: CloseOptions): CloseStatus {
  if (code === undefined) return { code: NORMAL_CLOSURE.code, reason };
  return { code: code >= 0 && code <= 999 ? 4000 + code : 4000, reason };
}

/**
 * Returns an error if the remote side closed for another reason than the
 * orderly end of a conversation: it rejected something that it received, and
 * may not have processed it.
 */
export function abnormalCloseError(
  { code, reason }: CloseStatus,
): Error | undefined {
  if (ORDERLY.has(code) || code >= 3000) return undefined;
  return new WebSocketCloseError("The WebSocket broke", { code, reason });
}

/** Returns the error for writing to a WebSocket that the remote side has closed. */
export function writeAfterClose(status: CloseStatus): WebSocketCloseError {
  return new WebSocketCloseError("Cannot write to the WebSocket", status);
}

/** Returns the error that tells how the remote side ended the conversation. */
export function remoteCloseError(status: CloseStatus): WebSocketCloseError {
  return new WebSocketCloseError("The WebSocket is closed", status);
}

/** Normal closure, going away, and no code. */
const ORDERLY: ReadonlySet<number> = new Set([1000, 1001, 1005]);
