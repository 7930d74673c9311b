/**
 * Measures the latency of calls, without load and during a bulk transfer.
 *
 * @module
 */

import { Stopwatch } from "./_stopwatch.ts";
import { quantile } from "./statistics.ts";
import type { Figures } from "./_work.ts";

/**
 * Makes calls without load for half of `seconds`, then during a bulk transfer
 * for the other half.
 */
export async function latency(
  seconds: number,
  call: () => Promise<unknown>,
  transfer: (isWanted: () => boolean) => Promise<unknown>,
): Promise<Figures> {
  const alone = await durations(seconds / 2, call);
  let isWanted = true;
  const transferred = transfer(() => isWanted);
  const loaded = await durations(seconds / 2, call);
  isWanted = false;
  await transferred;
  return {
    alone50: quantile(alone, 0.5),
    alone99: quantile(alone, 0.99),
    loaded50: quantile(loaded, 0.5),
    loaded99: quantile(loaded, 0.99),
  };
}

/**
 * Makes calls one after another for `seconds` seconds, and returns their
 * durations in microseconds.
 */
async function durations(
  seconds: number,
  call: () => Promise<unknown>,
): Promise<number[]> {
  const stopwatch = new Stopwatch(seconds);
  const times: number[] = [];
  while (stopwatch.running) {
    const start = performance.now();
    await call();
    times.push((performance.now() - start) * 1000);
  }
  return times;
}
