/**
 * How long something may take.
 * Internal to the package.
 *
 * @module
 */

import { checkNumberOption } from "../../transport/number_option.ts";
import type { WaitOptions } from "../../transport/wait_options.ts";

/** Checks the options of something that waits; a signal throws by itself. */
export function checkWaitOptions({ timeout }: WaitOptions): void {
  checkTime("timeout", timeout);
}

/** Checks a time. */
export function checkTime(name: string, value: unknown): void {
  if (value !== undefined) checkNumberOption(name, value, 0);
}
