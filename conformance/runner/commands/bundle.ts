/**
 * The command `bundle`.
 *
 * @module
 */

import { bundle } from "../cases/bundle.ts";
import { parseArguments } from "../command_line/arguments.ts";
import {
  type Command,
  messageOf,
  UsageError,
} from "../command_line/command.ts";
import { corpusOption } from "../command_line/corpus_option.ts";

/** Writes the corpus to one file. */
export const bundleCommand: Command = {
  name: "bundle",
  summary: "write the whole corpus to one JSON file",
  help: `Usage: bundle FILE

Writes the statements and all cases to FILE, or to standard output if FILE is -, unless they differ from
the manifest. Codec cases have one more field, \`ends\`: for each message, the offset in the case's bytes
after the last byte of that message.`,
  async run(args, { out }) {
    const given = parseArguments(args, { words: { least: 1, most: 1 } });
    const { words: [path] } = given;
    const text = JSON.stringify(bundle(await corpusOption(given))) + "\n";
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
