/**
 * The command that turns reports into others.
 *
 * @module
 */

import { parseArguments } from "./_arguments.ts";
import { type Command, UsageError } from "./_command.ts";
import { readReport, REPORT_KINDS, reportFile } from "./_report_files.ts";

/** Writes a report of another kind, or one page of several implementations. */
export const reportCommand: Command = {
  name: "report",
  summary: "turn reports into others, or several into one page",
  help: `Usage: report KIND:PATH FILE...

Makes a report from others that \`run --report json:FILE\` has written. KIND is one of ${REPORT_KINDS}.
Of several files only html can be made: a page with a column for each.`,
  async run(args) {
    const { words: [target, ...paths] } = parseArguments(args, {
      words: { least: 2, most: Infinity },
    });
    const file = reportFile(target!);
    if (paths.length > 1 && !file.several) {
      throw new UsageError(
        `there are ${paths.length} files, wanted one: only html tells of several implementations`,
      );
    }
    await file.write(await Promise.all(paths.map(readReport)));
    return 0;
  },
};
