/**
 * The command that shows a case.
 *
 * @module
 */

import { CORPUS } from "../cases/corpus.ts";
import { showCase } from "../cases/show_case.ts";
import { caseNamed, parseArguments } from "./_arguments.ts";
import type { Command } from "./_command.ts";

/** Shows a case as a script. */
export const showCommand: Command = {
  name: "show",
  summary: "show a case as a script, with its bytes and its reasons",
  help: `Usage: show ID

Prints what a case wants and why, and what is sent and expected, byte by byte. Full names of runs are
understood too.`,
  run(args, { out }) {
    const { words: [id] } = parseArguments(args, {
      words: { least: 1, most: 1 },
    });
    out(showCase(caseNamed(CORPUS, id!), CORPUS));
    return Promise.resolve(0);
  },
};
