/**
 * How long something may take.
 * Internal to the package.
 *
 * @module
 */

import type { WaitOptions } from "../../transport/wait_options.ts";
import { nameOfValue } from "./value.ts";

/** Checks the options of something that waits. */
export function checkWaitOptions({ signal, timeout }: WaitOptions): void {
  checkTime("timeout", timeout);
  if (signal === undefined || "aborted" in Object(signal)) return;
  throw wrong("signal", signal, "an AbortSignal");
}

/** Checks a time. */
export function checkTime(name: string, value: unknown): void {
  if (value === undefined || typeof value === "number" && value >= 0) return;
  throw wrong(name, value, "a number of at least 0");
}

function wrong(name: string, value: unknown, wanted: string): TypeError {
  return new TypeError(
    `Cannot set ${name}: got ${nameOfValue(value)}, wanted ${wanted}`,
  );
}
