/**
 * The command `update-known`.
 *
 * @module
 */

import { CORPUS } from "../cases/corpus.ts";
import { allRuns } from "../cases/plan.ts";
import {
  type KnownFailure,
  parseKnownFailures,
} from "../judging/known_failures.ts";
import type { Report } from "../judging/report.ts";
import {
  UNEXPLAINED,
  updateKnownFailures,
} from "../judging/update_known_failures.ts";
import { parseArguments } from "../command_line/arguments.ts";
import {
  type Command,
  messageOf,
  UsageError,
} from "../command_line/command.ts";
import { readReport } from "../command_line/report_files.ts";

/** Updates a list of known failures from a report. */
export const updateKnownCommand: Command = {
  name: "update-known",
  summary: "update a list of known failures from a report",
  help: `Usage: update-known LIST REPORT

Updates LIST, a list of known failures, to match REPORT, which
\`run --known-failing @LIST --report json:REPORT\` has written. Removes entries of which nothing fails any
more, unless some of their runs did not take place, and adds failures that no entry matches, with what was
observed and the reason "${UNEXPLAINED}", for you to replace. Prints removed entries with - and added
ones with +.`,
  async run(args, { out }) {
    const { words: [list, reportPath] } = parseArguments(args, {
      words: { least: 2, most: 2 },
    });
    const before = await readList(list!);
    const report = await readReport(reportPath!);
    const after = updateKnownFailures(before, report, namesFor(report));
    try {
      await Deno.writeTextFile(list!, `${JSON.stringify(after, null, 2)}\n`);
    } catch (error) {
      throw new UsageError(`cannot write ${list}: ${messageOf(error)}`);
    }
    const has = (
      entries: readonly KnownFailure[],
      { case: pattern }: KnownFailure,
    ) => entries.some((each) => each.case === pattern);
    const gone = before.filter((entry) => !has(after, entry));
    const come = after.filter((entry) => !has(before, entry));
    for (const entry of gone) out(`- ${entry.case}\n`);
    for (const entry of come) out(`+ ${entry.case}\n`);
    return 0;
  },
};

/** Returns the full names of all runs of the corpus that an implementation like that of a report can have. */
function namesFor({ results }: Report): string[] {
  const isInMemory = ({ name }: { readonly name: string }) =>
    /\/over:memory$/.test(name);
  const names = allRuns(CORPUS);
  return (results.some(isInMemory)
    ? names
    : names.filter((run) => !isInMemory(run))).map(({ name }) => name);
}

async function readList(path: string): Promise<KnownFailure[]> {
  try {
    return parseKnownFailures(await Deno.readTextFile(path), path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new UsageError(
      error instanceof TypeError
        ? error.message
        : `cannot read ${path}: ${messageOf(error)}`,
    );
  }
}
