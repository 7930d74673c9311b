/**
 * The formats of reports that can be written to a file.
 *
 * @module
 */

import type { Report } from "../judging/report.ts";
import { htmlReport } from "./html.ts";
import { badgeReport, casesReport, jsonReport } from "./json.ts";
import { junitReport } from "./junit.ts";
import { markdownReport } from "./markdown.ts";
import { tapReport } from "./test_anything.ts";

/** The name of a report format; `tap` is the Test Anything Protocol. */
export type ReportKind =
  | "badge"
  | "cases"
  | "html"
  | "json"
  | "junit"
  | "markdown"
  | "tap";

/** A report format. */
export interface ReportFormat {
  /** Whether a report can show several implementations side by side. */
  readonly several?: boolean;
  /**
   * Writes the report as text.
   *
   * @throws {RangeError} If there is more than one report, or none, and the format takes one.
   */
  readonly make: (reports: readonly Report[]) => string;
}

/** Every report format. */
export const REPORTS: Readonly<Record<ReportKind, ReportFormat>> = {
  badge: ofOne(badgeReport),
  cases: ofOne(casesReport),
  html: { several: true, make: htmlReport },
  json: ofOne(jsonReport),
  junit: ofOne(junitReport),
  markdown: ofOne(markdownReport),
  tap: ofOne(tapReport),
};

/** Returns whether a text is the name of a report format. */
export function isReportKind(text: string): text is ReportKind {
  return Object.hasOwn(REPORTS, text);
}

function ofOne(make: (report: Report) => string): ReportFormat {
  return {
    make(reports) {
      const [report] = reports;
      if (report === undefined || reports.length > 1) {
        throw new RangeError(
          `Cannot write a report: got ${reports.length} reports, wanted one`,
        );
      }
      return make(report);
    },
  };
}
