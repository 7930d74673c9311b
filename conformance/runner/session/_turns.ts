/**
 * Cases that must not run at the same time.
 *
 * @module
 */

import type { Implementation } from "../implementation.ts";

const last = new WeakMap<Implementation, Promise<void>>();

/** Waits until no other such case runs with a subject, then runs one. */
export async function takeTurn<T>(
  subject: Implementation,
  run: () => Promise<T>,
): Promise<T> {
  const before = last.get(subject);
  const { promise, resolve } = Promise.withResolvers<void>();
  last.set(subject, promise);
  try {
    await before;
    return await run();
  } finally {
    resolve();
  }
}
