/**
 * The conformance suite as a program: judges implementations of Gotalk.
 *
 * @module
 */

import { carryOut, type Command, type Terminal } from "./commands/_command.ts";
import { processTerminal } from "./commands/_terminal.ts";
import { bundleCommand } from "./commands/bundle.ts";
import { copyCommand } from "./commands/copy.ts";
import { dialCommand } from "./commands/dial.ts";
import { initCommand } from "./commands/init.ts";
import { lintCommand } from "./commands/lint.ts";
import { listCommand } from "./commands/list.ts";
import { reportCommand } from "./commands/report.ts";
import { runCommand } from "./commands/run.ts";
import { serveCommand } from "./commands/serve.ts";
import { showCommand } from "./commands/show.ts";
import { tapCommand } from "./commands/tap.ts";
import { updateKnownCommand } from "./commands/update_known.ts";

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
