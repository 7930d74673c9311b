/**
 * The conformance suite as a program: runs the corpus against implementations of Gotalk.
 *
 * @module
 */

import {
  type Command,
  type CommandName,
  runCommand,
  type Terminal,
} from "./runner/command_line/command.ts";
import { programWords } from "./runner/command_line/program.ts";
import { processTerminal } from "./runner/command_line/terminal.ts";
import { bundleCommand } from "./runner/commands/bundle.ts";
import { copyCommand } from "./runner/commands/copy.ts";
import { dialCommand } from "./runner/commands/dial.ts";
import { initCommand } from "./runner/commands/init.ts";
import { lintCommand } from "./runner/commands/lint.ts";
import { listCommand } from "./runner/commands/list.ts";
import { matrixCommand } from "./runner/commands/matrix.ts";
import { reportCommand } from "./runner/commands/report.ts";
import { runCasesCommand } from "./runner/commands/run.ts";
import { serveCommand } from "./runner/commands/serve.ts";
import { isShardThread, serveShard } from "./runner/commands/shard_thread.ts";
import { showCommand } from "./runner/commands/show.ts";
import { updateKnownCommand } from "./runner/commands/update_known.ts";

export type { Terminal };

/** Every command, in the order of the help text. */
const COMMANDS = {
  "run": runCasesCommand(import.meta.url),
  "list": listCommand,
  "show": showCommand,
  "report": reportCommand,
  "update-known": updateKnownCommand,
  "init": initCommand,
  "serve": serveCommand,
  "dial": dialCommand,
  "bundle": bundleCommand,
  "copy": copyCommand,
  "lint": lintCommand,
  "matrix": matrixCommand,
} as const satisfies Readonly<Record<CommandName, Command>>;

const help = () =>
  `Tests implementations of Gotalk for conformance.

Usage: ${programWords().join(" ")} COMMAND [options]

Commands:
${
    Object.entries(COMMANDS).map(([name, { summary }]) =>
      `  ${name.padEnd(14)} ${summary}`
    ).join("\n")
  }

COMMAND --help prints the options of a command.`;

/**
 * Runs the command that the arguments name.
 *
 * @returns The exit status: 2 if the arguments are wrong, else that of the command.
 */
export async function main(
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const [name, ...rest] = args;
  if (
    name === undefined || name === "--help" || name === "-h" || name === "help"
  ) {
    (name === undefined ? terminal.err : terminal.out)(`${help()}\n`);
    return name === undefined ? 2 : 0;
  }
  if (!Object.hasOwn(COMMANDS, name)) {
    terminal.err(`Cannot run ${name}: there is no such command, see --help\n`);
    return 2;
  }
  return await runCommand(COMMANDS[name as CommandName], rest, terminal);
}

if (isShardThread()) serveShard();
else if (import.meta.main) {
  Deno.exit(await main(Deno.args, processTerminal()));
}
