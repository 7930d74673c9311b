/**
 * Reports as JSON: all of it, and what a badge shows.
 *
 * @module
 */

import type { Report } from "../judging/report.ts";
import { count, isBad } from "./summary.ts";

/** The whole report, from which every other one can be made. */
export function jsonReport(report: Report): string {
  return JSON.stringify(report, null, 2) + "\n";
}

/** What a badge says, in the form of shields.io's endpoint. */
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
