/**
 * Reports for other programs: complete as JSON, for a badge, or as a list of cases.
 *
 * @module
 */

import { judgedNames } from "../judging/expected_cases.ts";
import type { Report } from "../judging/report.ts";
import { byCase, count } from "./summary.ts";

/** Writes the complete report, which can be converted to every other format. */
export function jsonReport(report: Report): string {
  return JSON.stringify(report, null, 2) + "\n";
}

/** Writes the cases that were judged, one on each line, with each role and transport. */
export function casesReport({ results }: Report): string {
  return [...judgedNames(results)].map((name) => `${name}\n`).join("");
}

/** Writes the text of a badge, as an endpoint of shields.io. */
export function badgeReport(report: Report): string {
  const cases = byCase({
    results: report.results.filter(({ gated }) => gated),
  });
  const { pass, weak, known, flaky, fail, errored } = count(cases);
  const good = pass + weak;
  const judged = good + known + flaky + fail + errored;
  const isPartial = report.interrupted === true || report.status === 3;
  return JSON.stringify({
    schemaVersion: 1,
    label: `gotalk conformance ${report.corpus.version}`,
    message: judged === 0
      ? "nothing judged"
      : report.interrupted
      ? "interrupted"
      : `${good} of ${judged} cases`,
    color: judged === 0 || isPartial
      ? "lightgrey"
      : fail + errored > 0
      ? "red"
      : known + flaky > 0
      ? "yellow"
      : "brightgreen",
  }) + "\n";
}
