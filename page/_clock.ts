/**
 * The time of a page.
 *
 * @module
 */

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
