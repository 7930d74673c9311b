/**
 * The command `report`.
 *
 * @module
 */

import { parseArguments } from "../command_line/arguments.ts";
import { type Command, UsageError } from "../command_line/command.ts";
import {
  readReport,
  REPORT_KINDS,
  reportFile,
} from "../command_line/report_files.ts";

/** Converts reports to another format. */
export const reportCommand: Command = {
  name: "report",
  summary: "convert a report to another format, or several to one page",
  help: `Usage: report KIND:PATH FILE...

Converts each FILE, a report that \`run --report json:FILE\` has written, to the format KIND, and writes
the result to PATH. KIND is one of ${REPORT_KINDS}. Only html takes several
files: it writes a page with a column for each.`,
  async run(args) {
    const { words: [target, ...paths] } = parseArguments(args, {
      words: { least: 2, most: Infinity },
    });
    const file = reportFile(target!);
    if (paths.length > 1 && !file.several) {
      throw new UsageError(
        `there are ${paths.length} files, wanted one: only html shows several implementations`,
      );
    }
    await file.write(await Promise.all(paths.map(readReport)));
    return 0;
  },
};
