/**
 * The kinds of report that can be written to a file.
 *
 * @module
 */

import type { Report } from "../judging/report.ts";
import { htmlReport } from "./html.ts";
import { badgeReport, jsonReport } from "./json.ts";
import { junitReport } from "./junit.ts";
import { markdownReport } from "./markdown.ts";
import { tapReport } from "./test_anything.ts";

/** How a kind of report is made. */
export interface ReportFormat {
  /** Whether it tells of several implementations beside each other. */
  readonly several?: boolean;
  /** Makes the text of it; of one report where it tells of one implementation. */
  readonly make: (reports: readonly Report[]) => string;
}

/** Each kind of report. */
export const REPORTS: Readonly<Record<string, ReportFormat>> = {
  badge: ofOne(badgeReport),
  html: { several: true, make: htmlReport },
  json: ofOne(jsonReport),
  junit: ofOne(junitReport),
  markdown: ofOne(markdownReport),
  tap: ofOne(tapReport),
};

function ofOne(make: (report: Report) => string): ReportFormat {
  return {
    make(reports) {
      const [report] = reports;
      if (report === undefined || reports.length > 1) {
        throw new RangeError(
          `Cannot write a report: it is made of ${reports.length}, wanted one`,
        );
      }
      return make(report);
    },
  };
}
