/**
 * Reports for other programs: complete as JSON, for a badge, or as a list of cases.
 *
 * @module
 */

import {
  INCOMPLETE_LINE,
  judgedNames,
  PARTIAL_LINE,
} from "../judging/expected_cases.ts";
import type { Report } from "../judging/report.ts";
import { earlyEnd, whyPartial } from "./partial.ts";
import { byCase, count, counted, isSkippedInPart } from "./summary.ts";

/** Writes the complete report, which can be converted to every other format. */
export function jsonReport(report: Report): string {
  return JSON.stringify(report, null, 2) + "\n";
}

/**
 * Writes the cases that were judged, one on each line, with each role and
 * transport, after lines that begin with `#` and state what is missing from
 * the whole corpus.
 */
export function casesReport(report: Report): string {
  const end = earlyEnd(report);
  return [
    ...whyPartial(report).map((why) =>
      `${why === end ? INCOMPLETE_LINE : PARTIAL_LINE}${why}`
    ),
    ...judgedNames(report.results),
  ].map((line) => `${line}\n`).join("");
}

/**
 * Writes the text of a badge, as an endpoint of shields.io. It is green only if
 * every case that applies, and whose failures count, was judged and is as
 * required.
 */
export function badgeReport(report: Report): string {
  const cases = byCase({
    results: report.results.filter(({ gated }) => gated),
  });
  const { pass, weak, known, flaky, fail, errored, skipped } = count(cases);
  const partly = cases.filter(isSkippedInPart).length;
  const good = pass + weak;
  const judged = good + known + flaky + fail + errored;
  const { corpus: { version, own }, options: { level }, exits, leftOut } =
    report;
  const end = earlyEnd(report);
  const message = [
    `${good} of ${judged} cases at level ${level}`,
    ...skipped > 0 ? [`${skipped} skipped`] : [],
    ...partly > 0 ? [`${partly} skipped in part`] : [],
    ...leftOut === undefined ? [] : [`${leftOut.cases} left out`],
    ...end === undefined ? [] : [end],
    ...exits === undefined ? [] : [`exited ${counted(exits.times, "time")}`],
  ].join(", ");
  return JSON.stringify({
    schemaVersion: 1,
    label: `gotalk conformance ${own ? "with own cases" : version}`,
    message: judged === 0 ? "nothing judged" : message,
    color: judged === 0 || report.status === 3
      ? "lightgrey"
      : fail + errored > 0 || exits !== undefined
      ? "red"
      : whyPartial(report).length > 0
      ? "lightgrey"
      : known + flaky + skipped + partly > 0
      ? "yellow"
      : "brightgreen",
  }) + "\n";
}
