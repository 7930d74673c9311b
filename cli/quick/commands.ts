/**
 * The subcommands that start fast, since they load no whole peer.
 * Internal to the package.
 *
 * @module
 */

import { parseArguments, wantsHelp } from "../arguments.ts";
import type { Command, Given } from "../command.ts";
import { notifyBy } from "../commands/notify.ts";
import { requestBy } from "../commands/request.ts";
import { isQuick } from "./is_quick.ts";
import { openQuickly } from "./open_quickly.ts";

const COMMANDS: Readonly<Record<string, Command>> = {
  request: requestBy(openQuickly),
  notify: notifyBy(openQuickly),
};

/**
 * Returns a subcommand and its arguments, if it is one that is done the quick way.
 * Wrong arguments are not: the whole command says what is wrong.
 */
export function quickCommand(
  [name = "", ...args]: readonly string[],
): { readonly command: Command; readonly given: Given } | undefined {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined || wantsHelp(args)) return undefined;
  try {
    const given = parseArguments(args, command);
    return isQuick(given) ? { command, given } : undefined;
  } catch {
    return undefined;
  }
}
