/**
 * The conformance suite as a program: judges implementations of Gotalk.
 *
 * @module
 */

import {
  carryOut,
  type Command,
  type Terminal,
} from "./runner/commands/_command.ts";
import { processTerminal } from "./runner/commands/_terminal.ts";
import { bundleCommand } from "./runner/commands/bundle.ts";
import { copyCommand } from "./runner/commands/copy.ts";
import { dialCommand } from "./runner/commands/dial.ts";
import { initCommand } from "./runner/commands/init.ts";
import { lintCommand } from "./runner/commands/lint.ts";
import { listCommand } from "./runner/commands/list.ts";
import { reportCommand } from "./runner/commands/report.ts";
import { runCommand } from "./runner/commands/run.ts";
import { serveCommand } from "./runner/commands/serve.ts";
import { showCommand } from "./runner/commands/show.ts";
import { tapCommand } from "./runner/commands/tap.ts";
import { updateKnownCommand } from "./runner/commands/update_known.ts";

export type { Terminal };

const COMMANDS: readonly Command[] = [
  runCommand,
  listCommand,
  showCommand,
  reportCommand,
  updateKnownCommand,
  initCommand,
  serveCommand,
  dialCommand,
  tapCommand,
  bundleCommand,
  copyCommand,
  lintCommand,
];

const HELP = `Judges implementations of Gotalk.

Usage: deno run -A conformance/main.ts COMMAND [options]

Commands:
${
  COMMANDS.map(({ name, summary }) => `  ${name.padEnd(14)} ${summary}`).join(
    "\n",
  )
}

COMMAND --help tells more.`;

/**
 * Carries out the command that arguments tell of, and gives the exit status: 2 when the arguments are
 * wrong, else that of the command.
 */
export async function main(
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const [name, ...rest] = args;
  if (
    name === undefined || name === "--help" || name === "-h" || name === "help"
  ) {
    (name === undefined ? terminal.err : terminal.out)(`${HELP}\n`);
    return name === undefined ? 2 : 0;
  }
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) {
    terminal.err(`Cannot run ${name}: there is no such command, see --help\n`);
    return 2;
  }
  return await carryOut(command, rest, terminal);
}

if (import.meta.main) Deno.exit(await main(Deno.args, processTerminal()));
