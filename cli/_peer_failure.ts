/**
 * What an error of a peer means for the shell.
 *
 * @module
 */

import {
  isConnectionClosedError,
  isOperationError,
  isProtocolError,
} from "@gotalk/gotalk";

/** What an error of a peer is. */
export type PeerFailure =
  | "connection"
  | { readonly text: string; readonly code?: string; readonly data?: unknown };

/** Returns what an error of a peer is; `undefined` for any other error. */
export function peerFailureOf(error: unknown): PeerFailure | undefined {
  if (isOperationError(error)) {
    const { text, code, data } = error;
    return {
      text,
      ...code !== undefined && { code },
      ...data !== undefined && { data },
    };
  }
  return isConnectionClosedError(error) || isProtocolError(error)
    ? "connection"
    : undefined;
}
