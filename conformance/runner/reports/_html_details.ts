/**
 * What the cells of the page of reports open.
 *
 * @module
 */

import type { Statement } from "../cases/statements.ts";
import type { Report, Result } from "../judging/report.ts";
import { repeatCommand } from "./repeat_command.ts";
import { type CaseSummary, count, VERDICTS } from "./summary.ts";

/** How many groups of runs of a case are shown. */
const GROUPS_SHOWN = 10;

/** How many runs of a group are named. */
const NAMES_SHOWN = 12;

/** One row of the table of cases: a case, and its results in each report. */
export interface CaseRow {
  /** The case, as a report has it. */
  readonly example: CaseSummary;
  /** Its results in each report. */
  readonly cells: readonly (CaseSummary | undefined)[];
}

/** One row of the table of statements: a statement, and the cases that test it. */
export interface StatementRow {
  /** The statement. */
  readonly statement: Statement;
  /** The cases that test it, in any of the reports. */
  readonly cases: readonly CaseRow[];
}

/** Returns all that the script of the page has to know. */
export function detailsOf(
  reports: readonly Report[],
  rows: readonly CaseRow[],
  statements: readonly StatementRow[],
): Readonly<Record<"cases" | "statements", unknown>> {
  return {
    cases: Object.fromEntries(rows.map(({ example, cells }) => [
      example.id,
      {
        title: example.title,
        level: example.level,
        spec: example.spec,
        cells: cells.map((cell, column) => cellOf(cell, reports[column]!)),
      },
    ])),
    statements: Object.fromEntries(statements.map(({ statement, cases }) => [
      statement.id,
      {
        level: statement.level,
        text: statement.text,
        cases: cases.map(({ example: { id } }) => id),
        untested: reports.map((report) =>
          report.statements.find(({ id }) => id === statement.id)?.untested ??
            null
        ),
      },
    ])),
  };
}

function cellOf(summary: CaseSummary | undefined, report: Report): unknown {
  if (summary === undefined) return null;
  const counts = count(summary.runs);
  const groups = foldedRuns(summary.runs);
  return {
    verdict: summary.verdict,
    counts: VERDICTS.filter((verdict) => counts[verdict] > 0)
      .map((verdict) => `${counts[verdict]} ${verdict}`),
    groups: groups.slice(0, GROUPS_SHOWN).map((group) =>
      groupOf(group, report)
    ),
    more: Math.max(0, groups.length - GROUPS_SHOWN),
  };
}

function groupOf(runs: readonly Result[], report: Report): unknown {
  const [first] = runs as [Result];
  const { name, verdict, reason, expected, trace } = first;
  return {
    name,
    verdict,
    reason,
    expected,
    trace: trace?.map(({ at, by, text }) => [at.toFixed(1), by, text]),
    again: report.command === undefined
      ? undefined
      : repeatCommand(report.command, name),
    size: runs.length,
    others: runs.slice(1, 1 + NAMES_SHOWN)
      .map((run) => run.name.slice(run.id.length + 1)),
  };
}

/**
 * Folds runs with the same verdict and the same reason but for its numbers; the
 * worst come first.
 */
function foldedRuns(runs: readonly Result[]): readonly (readonly Result[])[] {
  const groups = Map.groupBy(
    runs,
    ({ verdict, reason = "" }) => `${verdict} ${reason.replace(/\d+/g, "#")}`,
  );
  const rank = ([first]: readonly Result[]) => VERDICTS.indexOf(first!.verdict);
  return [...groups.values()].sort((a, b) => rank(b) - rank(a));
}
