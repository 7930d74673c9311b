/**
 * Options of draining.
 * Internal to the package.
 *
 * @module
 */

import type { DrainOptions } from "../../peer/drain_options.ts";
import { checkTime } from "./wait_options.ts";

/** The time without requests that a drain waits for by default, in milliseconds. */
export const DEFAULT_QUIET = 100;

/** Checks the options of a drain. */
export function checkDrainOptions({ timeout, quiet }: DrainOptions): void {
  checkTime("timeout", timeout);
  checkTime("quiet", quiet);
}
