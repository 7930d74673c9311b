/**
 * The time that the body of a request may take.
 *
 * @module
 */

import type { Clock } from "../peer/mod.ts";
import { timeoutError } from "../peer/link/watchdog.ts";

/** Returns what a read settles with; rejects if it takes longer than `timeout` milliseconds. */
export async function withinTime<T>(
  read: Promise<T>,
  { clock, timeout }: { readonly clock: Clock; readonly timeout: number },
): Promise<T> {
  if (timeout === Infinity) return await read;
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = clock.schedule(
    () => reject(timeoutError(`received nothing for ${timeout} ms`)),
    timeout,
  );
  try {
    return await Promise.race([read, expired]);
  } finally {
    clock.cancel(timer);
  }
}
