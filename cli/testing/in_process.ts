/**
 * Subcommands without a process: many of them take less time than one start.
 *
 * @module
 */

import { parseArguments } from "../arguments.ts";
import { COMMANDS, isCommandName } from "../commands.ts";
import { failureOf } from "../failure.ts";
import type { Ended } from "./program.ts";

/** Runs a subcommand to its end. */
export async function runHere(
  [name, ...args]: readonly string[],
): Promise<Ended> {
  if (name === undefined || !isCommandName(name)) {
    throw new TypeError(`Cannot run: got the command ${name}`);
  }
  const decoder = new TextDecoder();
  let out = "", err = "";
  const note = (line: string) => void (err += `${line}\n`);
  const command = await COMMANDS[name].load();
  try {
    const status = await command.run(parseArguments(args, command), {
      isTerminal: false,
      hasColors: false,
      columns: 80,
      out: (data) =>
        void (out += typeof data === "string" ? data : decoder.decode(data)),
      note,
      signal: new AbortController().signal,
    });
    return { status, out, err };
  } catch (error) {
    const { status, message } = failureOf(error);
    note(`gotalk: ${message}`);
    return { status, out, err };
  }
}
