/**
 * The functions among the options of a page.
 *
 * @module
 */

import type { HookName } from "../peer/events.ts";
import { attempt } from "../quoting/attempt.ts";

/** Calls a function, and prints what it fails with: no connection suffers from it. */
export function callHook(name: HookName, hook: () => unknown): void {
  attempt(hook).catch((error) =>
    console.error(`The hook ${name} failed:`, error)
  );
}
