/**
 * What the steps of a case call for before the first of them.
 *
 * @module
 */

import type { SessionCase, Step } from "../cases/case.ts";
import type { ConnectionOptions } from "../implementation.ts";

/** Whether time passes for a case only as it says. */
export function isVirtual({ steps, options }: SessionCase): boolean {
  return options?.["virtualTime"] === true ||
    steps.some((step) => "advance" in step);
}

/** The options of `listen` or `connect`. */
export function optionsOf(run: SessionCase): ConnectionOptions | undefined {
  const { options } = run;
  return isVirtual(run) ? { ...options, virtualTime: true } : options;
}

/** Whether the runner resets a connection. */
export function resets({ steps }: SessionCase): boolean {
  return steps.some((step) =>
    "close" in step && step.close === "reset" ||
    "storm" in step && step.storm.close === "reset"
  );
}

/** Whether the implementation is told or asked something about the connection. */
export function needsHandle(steps: readonly Step[]): boolean {
  return steps.some((step) => "do" in step || "report" in step);
}
