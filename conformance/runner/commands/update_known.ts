/**
 * The command that brings a list of what is known to fail up to date.
 *
 * @module
 */

import {
  type KnownFailure,
  parseKnownFailures,
} from "../judging/known_failures.ts";
import {
  UNEXPLAINED,
  updateKnownFailures,
} from "../judging/update_known_failures.ts";
import { parseArguments } from "./_arguments.ts";
import { type Command, messageOf, UsageError } from "./_command.ts";
import { readReport } from "./_report_files.ts";

/** Rewrites a list from a report. */
export const updateKnownCommand: Command = {
  name: "update-known",
  summary: "rewrite a list of what is known to fail from a report",
  help: `Usage: update-known LIST REPORT

Rewrites the file LIST so that it fits REPORT, which \`run --known-failing @LIST --report json:REPORT\` has
written with the whole corpus: entries of which nothing failed go, and what failed and was not listed comes
to it, with what was observed and the reason "${UNEXPLAINED}", which is for you to replace.`,
  async run(args, { out }) {
    const { words: [list, reportPath] } = parseArguments(args, {
      words: { least: 2, most: 2 },
    });
    const before = await readList(list!);
    const after = updateKnownFailures(before, await readReport(reportPath!));
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

async function readList(path: string): Promise<KnownFailure[]> {
  try {
    return parseKnownFailures(await Deno.readTextFile(path), path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new UsageError(messageOf(error));
  }
}
