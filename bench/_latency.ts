/**
 * How long a call takes, alone and beside something large.
 *
 * @module
 */

import { Stopwatch } from "./_stopwatch.ts";
import { quantile } from "./_statistics.ts";
import type { Figures } from "./_work.ts";

/** Makes calls for half of the time alone, then for the other half while a bulk transfer runs. */
export async function latency(
  seconds: number,
  call: () => Promise<unknown>,
  transfer: (isWanted: () => boolean) => Promise<unknown>,
): Promise<Figures> {
  const alone = await durations(seconds / 2, call);
  let isWanted = true;
  const transferred = transfer(() => isWanted);
  const beside = await durations(seconds / 2, call);
  isWanted = false;
  await transferred;
  return {
    alone50: quantile(alone, 0.5),
    alone99: quantile(alone, 0.99),
    beside50: quantile(beside, 0.5),
    beside99: quantile(beside, 0.99),
  };
}

/** Makes one call after the other until the time is up, and returns how long each took, in microseconds. */
async function durations(
  seconds: number,
  call: () => Promise<unknown>,
): Promise<number[]> {
  const stopwatch = new Stopwatch(seconds);
  const found: number[] = [];
  while (stopwatch.running) {
    const start = performance.now();
    await call();
    found.push((performance.now() - start) * 1000);
  }
  return found;
}
