/**
 * The command `show`.
 *
 * @module
 */

import { showCase } from "../cases/show_case.ts";
import { caseNamed, parseArguments } from "../command_line/arguments.ts";
import { CORPUS_HELP, corpusOption } from "../command_line/corpus_option.ts";
import type { Command } from "../command_line/command.ts";

/** Shows a case. */
export const showCommand: Command = {
  name: "show",
  summary:
    "show a case as a script, with its bytes and the statements that it tests",
  help: `Usage: show ID [options]

Prints what the case ID requires, the statements of the protocol that it tests, and what is sent and
expected, byte by byte. ID can also be the full name of a run.

Options:
${CORPUS_HELP}`,
  async run(args, { out }) {
    const given = parseArguments(args, {
      text: ["corpus"],
      words: { least: 1, most: 1 },
    });
    const corpus = await corpusOption(given);
    out(showCase(caseNamed(corpus, given.words[0]!), corpus));
    return 0;
  },
};
