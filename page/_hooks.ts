/**
 * The functions among the options of a page.
 *
 * @module
 */

import type { HookName } from "../peer/events.ts";
import { attempt } from "../quoting/attempt.ts";

/**
 * Calls a function, and prints what it fails with unless it has failed before: no
 * connection suffers from it.
 */
export function callHook(
  name: HookName,
  hook: () => unknown,
  failed: Set<HookName>,
): void {
  attempt(hook).catch((error) => {
    if (!failed.has(name)) console.error(`The hook ${name} failed:`, error);
    failed.add(name);
  });
}
