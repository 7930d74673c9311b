/**
 * The command that writes the corpus in one file.
 *
 * @module
 */

import { bundle } from "../cases/bundle.ts";
import { CORPUS } from "../cases/corpus.ts";
import { parseArguments } from "./_arguments.ts";
import { type Command, messageOf, UsageError } from "./_command.ts";

/** Writes the corpus as one file. */
export const bundleCommand: Command = {
  name: "bundle",
  summary: "write the whole corpus as one file of JSON",
  help: `Usage: bundle FILE

Writes statements and cases to one file, or to standard output where FILE is -. Each codec case also has
\`ends\`: for each of its messages, the offset in its bytes behind the last one of the message.`,
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
