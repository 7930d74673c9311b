/**
 * The command that looks for what is wrong in the corpus.
 *
 * @module
 */

import { lint } from "../lint.ts";
import { parseArguments } from "./_arguments.ts";
import type { Command } from "./_command.ts";

/** Looks at the corpus. */
export const lintCommand: Command = {
  name: "lint",
  summary: "look for what is wrong in the corpus",
  help: `Usage: lint

Looks at the corpus, its manifest and the lists of known faults of this checkout, and prints what is wrong,
each with the file and a JSON pointer.

Exit status: 0 nothing is wrong; 1 something is.`,
  async run(args, { out }) {
    parseArguments(args, {});
    const findings = await lint();
    for (const { path, pointer, message } of findings) {
      out(`${path}${pointer}: ${message}\n`);
    }
    return findings.length === 0 ? 0 : 1;
  },
};
