/**
 * Abort signals: how to react to one, what they abort with, and one for the end
 * of a conversation.
 * Internal to the package.
 *
 * @module
 */

import type { CloseInfo } from "./peer_state.ts";

const NOTHING_TO_REMOVE = (): void => {};

/**
 * Runs a callback once a signal aborts, or at once if it has aborted already.
 *
 * @returns A function that removes the callback.
 */
export function onAbort(
  signal: AbortSignal | undefined,
  callback: (reason: unknown) => void,
): () => void {
  if (signal === undefined) return NOTHING_TO_REMOVE;
  const listener = () => callback(signal.reason);
  if (signal.aborted) {
    listener();
    return NOTHING_TO_REMOVE;
  }
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}

/** Whether an error is a `DOMException` of a name. Anything can be thrown, a proxy that throws included. */
export function isDOMException(
  error: unknown,
  name: "AbortError" | "TimeoutError",
): boolean {
  try {
    return error instanceof DOMException && error.name === name;
  } catch {
    return false;
  }
}

/** Whether an error is why a signal was aborted, what it caused, or what an aborted operation fails with. Anything can be thrown, a proxy that throws included. */
export function isPassedOn(
  { aborted, reason }: AbortSignal,
  error: unknown,
): boolean {
  if (!aborted) return false;
  try {
    const { name, cause } = Object(error) as Error;
    return error === reason || cause === reason || name === "AbortError";
  } catch {
    return false;
  }
}

/** What ends: a conversation, or a sequence of them. */
export interface Ending {
  /** Resolves at the end. */
  readonly closed: Promise<CloseInfo>;
  /** How it has ended; `undefined` before. */
  readonly closeInfo: CloseInfo | undefined;
}

/** Returns a signal that aborts at the end; one that is aborted if that has come. */
export function endSignal({ closed, closeInfo }: Ending): AbortSignal {
  if (closeInfo !== undefined) return AbortSignal.abort(closeInfo.error);
  const controller = new AbortController();
  void closed.then(({ error }) => controller.abort(error));
  return controller.signal;
}
