/**
 * The status that a WebSocket closes with: a code and a reason.
 *
 * @module
 */

import type { CloseOptions } from "../channel.ts";

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
  if (code === ABNORMAL_CLOSURE.code) {
    return new Error("The WebSocket broke: it ended without a close");
  }
  const why = reason === "" ? "no reason" : JSON.stringify(reason);
  return new Error(
    `The WebSocket broke: the remote side closed it with ${code} and ${why}`,
  );
}

/** Normal closure, going away, and no code. */
const ORDERLY: ReadonlySet<number> = new Set([1000, 1001, 1005]);
