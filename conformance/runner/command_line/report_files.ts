/**
 * Reads and writes reports in files.
 *
 * @module
 */

import type { Report } from "../judging/report.ts";
import { SCHEMAS } from "../cases/json_schema.ts";
import { isReportKind, type ReportFormat, REPORTS } from "../reports/mod.ts";
import { messageOf, UsageError } from "./command.ts";

/** The report formats, for help texts and errors. */
export const REPORT_KINDS: string = Object.keys(REPORTS).join(", ");

/** A file to write a report to. */
export interface ReportFile {
  /** Whether the format can show several implementations side by side. */
  readonly several: boolean;
  /**
   * Checks that the file can be written, without changing what it contains.
   *
   * @throws {UsageError} If it cannot.
   */
  readonly check: () => Promise<void>;
  /** Writes the report. */
  readonly write: (reports: readonly Report[]) => Promise<void>;
}

/**
 * Returns the file for `KIND:PATH`.
 *
 * @throws {UsageError} If the kind is unknown or there is no path.
 */
export function reportFile(given: string): ReportFile {
  const [, kind = "", path = ""] = given.match(/^([^:]*):(.+)$/s) ?? [];
  if (!isReportKind(kind) || path === "") {
    throw new UsageError(
      `the report is ${given}, wanted KIND:PATH with one of the kinds ${REPORT_KINDS}`,
    );
  }
  const format: ReportFormat = REPORTS[kind];
  return {
    several: format.several ?? false,
    async check() {
      try {
        (await Deno.open(path, { append: true, create: true })).close();
      } catch (error) {
        throw new UsageError(`cannot write ${path}: ${messageOf(error)}`);
      }
    },
    async write(reports) {
      const text = format.make(reports);
      try {
        await Deno.writeTextFile(path, text);
      } catch (error) {
        throw new UsageError(`cannot write ${path}: ${messageOf(error)}`);
      }
    },
  };
}

/**
 * Reads a report that was written as JSON.
 *
 * @throws {UsageError} If the file cannot be read or holds no report.
 */
export async function readReport(path: string): Promise<Report> {
  let report: Partial<Report>;
  try {
    report = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${messageOf(error)}`);
  }
  const refuse = (why: string) =>
    new UsageError(
      `cannot read ${path}: it is not a report of version 1${why}`,
    );
  if (report?.schema !== 1 || !Array.isArray(report.results)) throw refuse("");
  const { required, $defs } = SCHEMAS.report;
  for (
    const [place, value, keys] of [
      ["", report, required],
      ...report.results.map((result, at) =>
        [`/results/${at}`, result, $defs.result.required] as const
      ),
    ] as const
  ) {
    const missing = keys.find((key) => !Object.hasOwn(Object(value), key));
    if (missing !== undefined) throw refuse(`: ${place}/${missing} is missing`);
  }
  return report as Report;
}
