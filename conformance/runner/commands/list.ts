/**
 * The command that lists what there is to run.
 *
 * @module
 */

import { CORPUS } from "../cases/corpus.ts";
import { allRuns, choose } from "../cases/plan.ts";
import {
  parseArguments,
  PLAN_HELP,
  PLAN_OPTIONS,
  planOptions,
} from "./_arguments.ts";
import { type Command, UsageError } from "./_command.ts";

/** Lists cases and runs. */
export const listCommand: Command = {
  name: "list",
  summary: "list the full names of runs, or the cases",
  help: `Usage: list [options]

Prints the full name of each run, one a line.

${PLAN_HELP}
  --cases                one line a case in place of its runs: identifier, level, title`,
  async run(args, { out }) {
    const given = parseArguments(args, {
      ...PLAN_OPTIONS,
      flags: [...PLAN_OPTIONS.flags, "cases"],
    });
    const runs = choose(allRuns(CORPUS), planOptions(given));
    if (runs.length === 0) throw new UsageError("no case has such a name");
    const lines = given.flags.has("cases")
      ? [...new Set(runs.map((run) => run.case))]
        .map(({ id, level, title }) => `${id}\t${level}\t${title}`)
      : runs.map(({ name }) => name);
    out(lines.join("\n") + "\n");
    return await Promise.resolve(0);
  },
};
