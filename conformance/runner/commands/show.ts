/**
 * The command `show`.
 *
 * @module
 */

import { CORPUS } from "../cases/corpus.ts";
import { showCase } from "../cases/show_case.ts";
import { caseNamed, parseArguments } from "../command_line/arguments.ts";
import type { Command } from "../command_line/command.ts";

/** Shows a case. */
export const showCommand: Command = {
  name: "show",
  summary:
    "show a case as a script, with its bytes and the statements that it tests",
  help: `Usage: show ID

Prints what the case ID requires, the statements of the protocol that it tests, and what is sent and
expected, byte by byte. ID can also be the full name of a run.`,
  run(args, { out }) {
    const { words: [id] } = parseArguments(args, {
      words: { least: 1, most: 1 },
    });
    out(showCase(caseNamed(CORPUS, id!), CORPUS));
    return Promise.resolve(0);
  },
};
