/**
 * Reports as JSON: complete, or for a badge.
 *
 * @module
 */

import type { Report } from "../judging/report.ts";
import { count, isBad } from "./summary.ts";

/** Writes the complete report, which can be converted to every other format. */
export function jsonReport(report: Report): string {
  return JSON.stringify(report, null, 2) + "\n";
}

/** Writes the text of a badge, as an endpoint of shields.io. */
export function badgeReport(report: Report): string {
  const gated = report.results.filter(({ gated }) => gated);
  const { pass, weak, known, flaky, fail, errored } = count(gated);
  const good = pass + weak;
  const bad = gated.some(({ verdict }) => isBad(verdict));
  return JSON.stringify({
    schemaVersion: 1,
    label: `gotalk conformance ${report.corpus.version}`,
    message: `${good} of ${good + known + flaky + fail + errored}`,
    color: bad ? "red" : known + flaky > 0 ? "yellow" : "brightgreen",
  }) + "\n";
}
