/**
 * The command `list`.
 *
 * @module
 */

import { allRuns, choose } from "../cases/plan.ts";
import {
  parseArguments,
  PLAN_HELP,
  PLAN_OPTIONS,
  planOptions,
} from "../command_line/arguments.ts";
import { CORPUS_HELP, corpusOption } from "../command_line/corpus_option.ts";
import { type Command, UsageError } from "../command_line/command.ts";

/** Lists runs or cases. */
export const listCommand: Command = {
  name: "list",
  summary: "list runs by their full names, or cases",
  help: `Usage: list [options]

Prints the full name of each run on a line.

Options:
${PLAN_HELP}
${CORPUS_HELP}
  --cases                Print a line for each case instead: identifier, level and title`,
  async run(args, { out }) {
    const given = parseArguments(args, {
      ...PLAN_OPTIONS,
      text: [...PLAN_OPTIONS.text, "corpus"],
      flags: [...PLAN_OPTIONS.flags, "cases"],
    });
    const runs = choose(allRuns(await corpusOption(given)), planOptions(given));
    if (runs.length === 0) throw new UsageError("no case matches");
    const lines = given.flags.has("cases")
      ? [...new Set(runs.map((run) => run.case))]
        .map(({ id, level, title }) => `${id}\t${level}\t${title}`)
      : runs.map(({ name }) => name);
    out(lines.join("\n") + "\n");
    return 0;
  },
};
