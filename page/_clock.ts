/**
 * The time of a page.
 *
 * @module
 */

import { onAbort } from "../peer/abort.ts";
import type { CallOptions } from "../peer/call_options.ts";
import type { Clock } from "../peer/clock.ts";

/** The longest delay of a timer, about 25 days. */
const MAX_DELAY = 2 ** 31 - 1;

/** The clock of the browser. A page has few timers, so each is one of the browser. */
export const pageClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  schedule: (callback, delay) =>
    setTimeout(callback, Math.min(delay, MAX_DELAY)),
  cancel: (timer) => clearTimeout(timer as number | undefined),
};

/**
 * Calls back after a delay; never, if that is `Infinity`.
 *
 * @returns A function that prevents it.
 */
export function after(
  clock: Clock,
  delay: number,
  callback: () => void,
): () => void {
  const timer = delay < Infinity ? clock.schedule(callback, delay) : undefined;
  return () => clock.cancel(timer);
}

/** Waits for a delay, or until the function that `asleep` receives is called. */
export async function sleep(
  clock: Clock,
  delay: number,
  asleep: (wake: () => void) => void,
): Promise<void> {
  let stop;
  await new Promise<void>((wake) => {
    asleep(wake);
    stop = after(clock, delay, wake);
  });
  stop!();
}

/**
 * Calls back once a signal has aborted, and once a time is over.
 *
 * @returns A function that prevents both.
 */
export function bound(
  clock: Clock,
  { signal, timeout = Infinity }: CallOptions,
  aborted: (reason: unknown) => void,
  late: () => void,
): () => void {
  const stop = after(clock, timeout, late);
  const remove = onAbort(signal, aborted);
  return () => {
    stop();
    remove();
  };
}

/** Returns a function that returns options with what is left of their timeout. */
export function restOf(clock: Clock, options: CallOptions): () => CallOptions {
  const due = clock.now() + (options.timeout ?? Infinity);
  return () => ({ ...options, timeout: due - clock.now() });
}
