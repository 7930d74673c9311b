/**
 * The command `bundle`.
 *
 * @module
 */

import { bundle } from "../cases/bundle.ts";
import { CORPUS } from "../cases/corpus.ts";
import { parseArguments } from "../command_line/arguments.ts";
import {
  type Command,
  messageOf,
  UsageError,
} from "../command_line/command.ts";

/** Writes the corpus to one file. */
export const bundleCommand: Command = {
  name: "bundle",
  summary: "write the whole corpus to one JSON file",
  help: `Usage: bundle FILE

Writes the statements and all cases to FILE, or to standard output if FILE is -. Codec cases have one
more field, \`ends\`: for each message, the offset in the case's bytes after the last byte of that message.`,
  async run(args, { out }) {
    const { words: [path] } = parseArguments(args, {
      words: { least: 1, most: 1 },
    });
    const text = JSON.stringify(bundle(CORPUS)) + "\n";
    if (path === "-") {
      out(text);
      return 0;
    }
    try {
      await Deno.writeTextFile(path!, text);
    } catch (error) {
      throw new UsageError(`cannot write ${path}: ${messageOf(error)}`);
    }
    return 0;
  },
};
