/**
 * Waiting for a time.
 *
 * @module
 */

import { bounded } from "./bounded.ts";

/** Waits for a time that a case is about, or until the run is over. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    bounded(ms, resolve, () => resolve(), signal);
  });
  signal.throwIfAborted();
}
