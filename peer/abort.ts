/**
 * One way to react to an abort signal.
 * Internal to the package.
 *
 * @module
 */

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
