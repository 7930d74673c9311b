/**
 * Reports in the Test Anything Protocol (TAP), version 14.
 *
 * @module
 */

import type { Report } from "../judging/report.ts";
import { earlyEnd, whyPartial } from "./partial.ts";
import { repeatCommand } from "./repeat_command.ts";
import { isBad, isGood, isListed, isSilent } from "../judging/verdicts.ts";
import {
  byCase,
  type CaseSummary,
  decisiveRuns,
  unexplainedExits,
} from "./summary.ts";

/**
 * Writes a report in the Test Anything Protocol, in which each case is a test
 * point with the worst verdict of its runs.
 *
 * It marks cases with the two directives of that protocol: `TODO` for known
 * failures and failures that do not count, `SKIP` for cases that did not run. A
 * run that ended early bails out.
 */
export function tapReport(report: Report): string {
  const cases = byCase(report);
  const points = cases.flatMap((each, at) => testPoint(each, at + 1, report));
  const end = earlyEnd(report);
  const exits = unexplainedExits(report);
  return [
    "TAP version 14",
    `1..${cases.length + (exits === undefined ? 0 : 1)}`,
    ...whyPartial(report).map((why) => `# a part of the corpus: ${why}`),
    ...points,
    ...exits === undefined ? [] : [
      `not ok ${cases.length + 1} - ${plain(exits)}`,
    ],
    ...end === undefined ? [] : [`Bail out! ${end}`],
    "",
  ].join("\n");
}

function testPoint(
  summary: CaseSummary,
  number: number,
  { command }: Report,
): string[] {
  const { id, verdict, level } = summary;
  const runs = decisiveRuns(summary);
  const [{ name, reason = verdict, expected = [], trace = [] }] = runs;
  const good = isGood(verdict) || isSilent(verdict);
  const line = `${good ? "ok" : "not ok"} ${number} - ${plain(id)}${
    directive(summary)
  }`;
  if (verdict === "pass") return [line];
  return [
    line,
    "  ---",
    `  verdict: ${verdict}`,
    `  level: ${level}`,
    ...block("runs", runs.map((run) => run.name)),
    `  message: ${JSON.stringify(reason)}`,
    ...block("expected", expected),
    ...isBad(verdict) && command !== undefined
      ? [`  again: ${JSON.stringify(repeatCommand(command, name))}`]
      : [],
    ...block("trace", trace.map(({ at, by, text }) => `${at} ${by} ${text}`)),
    "  ...",
  ];
}

function directive(summary: CaseSummary): string {
  const { verdict } = summary;
  const [{ gated, reason = verdict }] = decisiveRuns(summary);
  if (isSilent(verdict)) return ` # SKIP ${plain(reason)}`;
  if (isListed(verdict)) {
    return ` # TODO ${plain(reason)}`;
  }
  return isBad(verdict) && !gated ? " # TODO does not count at this level" : "";
}

/** Returns a list in YAML, in which JSON strings are valid. */
function block(key: string, lines: readonly string[]): string[] {
  return lines.length === 0
    ? []
    : [`  ${key}:`, ...lines.map((line) => `    - ${JSON.stringify(line)}`)];
}

/** Returns a text on one line, in which nothing starts a directive. */
function plain(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\#]/g, "\\$&");
}
