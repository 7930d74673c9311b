/**
 * The command that brings a list of what is known to fail up to date.
 *
 * @module
 */

import { type KnownEntry, parseKnown } from "../judging/known.ts";
import { UNEXPLAINED, updateKnown } from "../judging/update_known.ts";
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
    const after = updateKnown(before, await readReport(reportPath!));
    try {
      await Deno.writeTextFile(list!, `${JSON.stringify(after, null, 2)}\n`);
    } catch (error) {
      throw new UsageError(`cannot write ${list}: ${messageOf(error)}`);
    }
    const has = (
      entries: readonly KnownEntry[],
      { case: pattern }: KnownEntry,
    ) => entries.some((each) => each.case === pattern);
    const gone = before.filter((entry) => !has(after, entry));
    const come = after.filter((entry) => !has(before, entry));
    for (const entry of gone) out(`- ${entry.case}\n`);
    for (const entry of come) out(`+ ${entry.case}\n`);
    return 0;
  },
};

async function readList(path: string): Promise<KnownEntry[]> {
  try {
    return parseKnown(await Deno.readTextFile(path), path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new UsageError(messageOf(error));
  }
}
