/**
 * The command `gotalk`: sends requests, serves, measures and shows Gotalk peers
 * from a shell.
 *
 * ```sh
 * deno install -gA -n gotalk jsr:@gotalk/gotalk/cli
 * gotalk --help
 * ```
 *
 * @module
 */

import { parseArguments, wantsHelp } from "./arguments.ts";
import { UsageError } from "./command.ts";
import { COMMANDS, isCommandName } from "./commands.ts";
import { STATUS } from "./failure.ts";
import { reported } from "./reported.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Runs the subcommand that the arguments name, and returns the exit status.
 *
 * @example
 * ```ts
 * import { main } from "@gotalk/gotalk/cli";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await main(["--version"]), 0);
 * ```
 */
export async function main(args: readonly string[]): Promise<number> {
  return await reported(args, (terminal) => run(args, terminal));
}

async function run(
  [name, ...args]: readonly string[],
  terminal: Terminal,
): Promise<number> {
  if (name === undefined) {
    throw new UsageError("there is no command, see gotalk --help");
  }
  if (name === "--help" || name === "-h" || name === "help") {
    const { programHelp } = await import("./help.ts");
    terminal.out(`${programHelp()}\n`);
    return STATUS.answered;
  }
  if (name === "--version" || name === "-V") {
    const { default: { version } } = await import("../deno.json", {
      with: { type: "json" },
    });
    terminal.out(`gotalk ${version}\n`);
    return STATUS.answered;
  }
  if (!isCommandName(name)) {
    throw new UsageError(`there is no command ${name}, see gotalk --help`);
  }
  const command = await COMMANDS[name].load();
  if (wantsHelp(args) && !command.passesArguments) {
    const { commandHelp } = await import("./help.ts");
    terminal.out(`${commandHelp(name, command)}\n`);
    return STATUS.answered;
  }
  const given = parseArguments(args, command);
  if (given.flags.has("insecure")) {
    const { runInsecurely } = await import("./insecure.ts");
    return await runInsecurely(
      [name, ...args.toSpliced(args.indexOf("--insecure"), 1)],
      terminal,
    );
  }
  return await command.run(given, terminal);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
