/**
 * The kinds of report that can be written to a file.
 *
 * @module
 */

import type { Report } from "../report.ts";
import { htmlReport } from "./html.ts";
import { badgeReport, jsonReport } from "./json.ts";
import { junitReport } from "./junit.ts";
import { markdownReport } from "./markdown.ts";
import { tapReport } from "./tap.ts";

/** Makes the text of a report, for each kind. */
export const REPORTS: Readonly<Record<string, (report: Report) => string>> = {
  badge: badgeReport,
  html: (report) => htmlReport([report]),
  json: jsonReport,
  junit: junitReport,
  markdown: markdownReport,
  tap: tapReport,
};
