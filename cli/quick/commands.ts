/**
 * The subcommands that start fast, since they load the small peer of pages.
 * Internal to the package.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { notifyBy } from "../commands/notify.ts";
import { requestBy } from "../commands/request.ts";
import { openQuickly } from "./_open.ts";
import type { QuickName } from "./is_quick.ts";

/** The subcommands that start fast. */
export const QUICK_COMMANDS: Readonly<Record<QuickName, Command>> = {
  request: requestBy(openQuickly),
  notify: notifyBy(openQuickly),
};
