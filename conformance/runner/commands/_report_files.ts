/**
 * Reports in files.
 *
 * @module
 */

import type { Report } from "../judging/report.ts";
import { REPORTS } from "../reports/mod.ts";
import { messageOf, UsageError } from "./_command.ts";

/** The kinds of report that can be written, for humans. */
export const REPORT_KINDS: string = Object.keys(REPORTS).join(", ");

/** A file that a report is to be written to. */
export interface ReportFile {
  /** Whether it tells of several implementations beside each other. */
  readonly several: boolean;
  /** Writes it. */
  readonly write: (reports: readonly Report[]) => Promise<void>;
}

/** The file that `KIND:PATH` means. */
export function reportFile(given: string): ReportFile {
  const [, kind = "", path = ""] = given.match(/^([^:]*):(.+)$/s) ?? [];
  const format = REPORTS[kind];
  if (format === undefined || path === "") {
    throw new UsageError(
      `the report is ${given}, wanted KIND:PATH with a kind of ${REPORT_KINDS}`,
    );
  }
  return {
    several: format.several ?? false,
    async write(reports) {
      try {
        await Deno.writeTextFile(path, format.make(reports));
      } catch (error) {
        throw new UsageError(`cannot write ${path}: ${messageOf(error)}`);
      }
    },
  };
}

/** Reads a report that was written as JSON. */
export async function readReport(path: string): Promise<Report> {
  let report: Partial<Report>;
  try {
    report = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${messageOf(error)}`);
  }
  if (report?.schema !== 1 || !Array.isArray(report.results)) {
    throw new UsageError(`cannot read ${path}: it is no report of version 1`);
  }
  return report as Report;
}
