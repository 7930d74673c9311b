/**
 * Sending within a time, also if the remote peer reads nothing.
 *
 * @module
 */

import type { Remote } from "@gotalk/gotalk";

/** How long closing may take at the end of a subcommand, in milliseconds: all was answered. */
export const CLOSING = 500;

/**
 * Sends, or closes once all is sent, and aborts the connection if for a time
 * nothing has moved.
 *
 * @param timeout The time, in milliseconds.
 * @param send Calls its argument each time that something was sent.
 * @throws {DOMException} A `TimeoutError`, if it was aborted.
 */
export async function sendWithin(
  peer: Pick<Remote, "abort">,
  timeout: number,
  send: (moved: () => void) => Promise<void>,
): Promise<void> {
  let isMoving = false, isOver = false;
  const late = Promise.withResolvers<never>();
  const watch = () => {
    // Its timer costs less than the first one of `setTimeout`; see quick/.
    AbortSignal.timeout(timeout).addEventListener("abort", () => {
      if (isOver) return;
      if (isMoving) {
        isMoving = false;
        return watch();
      }
      const reason = new DOMException(
        `Cannot send everything: the remote peer read nothing for ${timeout} ms`,
        "TimeoutError",
      );
      late.reject(reason);
      peer.abort(reason);
    });
  };
  watch();
  try {
    await Promise.race([send(() => isMoving = true), late.promise]);
  } finally {
    isOver = true;
  }
}
