/**
 * Waiting for what an application does on a new connection.
 * Internal to the package.
 *
 * @module
 */

import { onAbort } from "../abort.ts";
import type { Clock } from "../clock.ts";

/**
 * How long `onConnect` may take after its connection has ended, in milliseconds:
 * it knows best why, for example that a login was refused.
 */
const GRACE = 1_000;

/**
 * Waits until `onConnect` has settled, and rejects if it does. Otherwise resolves
 * soon after the connection has ended, and when no connection is wanted any more:
 * what waits for something else might do so for ever.
 */
export async function untilPrepared(
  onConnect: unknown,
  closed: Promise<unknown>,
  stop: AbortSignal,
  clock: Clock,
): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const remove = onAbort(stop, () => resolve());
  let isOver = false;
  let timer: unknown;
  void closed.then(() => {
    if (!isOver) timer = clock.schedule(resolve, GRACE);
  });
  try {
    await Promise.race([onConnect, late]);
  } finally {
    isOver = true;
    clock.cancel(timer);
    remove();
  }
}
