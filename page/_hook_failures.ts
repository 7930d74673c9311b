/**
 * Failures of the functions among the options of a page.
 *
 * @module
 */

import type { HookName } from "../peer/events.ts";
import type { HookFailures } from "../peer/hooks.ts";

/** Prints the first failure of each function: no connection suffers from it. */
export class PrintedFailures implements HookFailures {
  readonly #printed = new Set<HookName>();

  hookFailed(hook: HookName, error: unknown): void {
    if (this.#printed.has(hook)) return;
    this.#printed.add(hook);
    console.error(`The hook ${hook} failed:`, error);
  }
}
