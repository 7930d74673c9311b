/**
 * Reports as Markdown, for the summary of a CI job.
 *
 * @module
 */

import { compareSimplicity } from "../cases/order.ts";
import type { Report, Verdict } from "../judging/report.ts";
import { repeatCommand } from "./repeat_command.ts";
import { isBad } from "../judging/verdicts.ts";
import {
  byCase,
  type CaseSummary,
  count,
  decisiveRuns,
  runNames,
  VERDICTS,
} from "./summary.ts";

/** How many failed cases are listed. */
const SHOWN = 50;

/** How many other failed runs of a case are named. */
const NAMED = 6;

/** Writes counts by suite and level, and the failures. */
export function markdownReport(report: Report): string {
  const { implementation, corpus, results, stale, statements } = report;
  const cases = byCase({ results });
  const failures = cases
    .filter(({ verdict, runs }) => runs[0]!.gated && isBad(verdict))
    .sort((a, b) => compareSimplicity(a.id, b.id));
  const shown = statements.filter(({ passed, failed }) => passed + failed > 0);
  return [
    `# ${cell(implementation.name)} ${cell(implementation.version)}`,
    "",
    `Gotalk conformance corpus ${corpus.version}, level ${report.options.level}: ` +
    (report.status === 0 ? "all as expected." : "**not as expected.**"),
    "",
    ...table(cases),
    "",
    `${shown.length} of ${statements.length} statements of the protocol were tested.`,
    "",
    ...section(
      "Failed cases",
      failures.slice(0, SHOWN).flatMap((each) => failure(each, report)),
    ),
    ...failures.length > SHOWN
      ? [`and ${failures.length - SHOWN} more cases.`, ""]
      : [],
    ...section(
      "Known failures that did not fail",
      stale.map((name) => `- \`${name}\``),
    ),
  ].join("\n");
}

function table(cases: readonly CaseSummary[]): string[] {
  const all = count(cases);
  const columns = VERDICTS.filter((verdict) =>
    verdict === "pass" || all[verdict] > 0
  );
  const groups = Map.groupBy(
    cases,
    ({ suite, level }) => `${suite} | ${level}`,
  );
  return [
    `| suite | level | ${columns.join(" | ")} |`,
    `| --- | --- |${" --: |".repeat(columns.length)}`,
    ...Array.from(groups).sort().map(([group, of]) =>
      row(group, columns, count(of))
    ),
    row("all | ", columns, all),
  ];
}

function row(
  title: string,
  columns: readonly Verdict[],
  counts: Readonly<Record<Verdict, number>>,
): string {
  return `| ${title} | ${
    columns.map((verdict) => counts[verdict]).join(" | ")
  } |`;
}

function failure(
  summary: CaseSummary,
  { command }: Report,
): readonly string[] {
  const [first, ...others] = decisiveRuns(summary);
  const { name, reason = "", expected = [] } = first;
  return [
    `- \`${summary.id}\`: ${cell(summary.title)}`,
    ...expected.map((alternative) => `  - wanted: ${cell(alternative)}`),
    `  - but: ${cell(reason)}`,
    `  - run: \`${name}\`${
      others.length === 0 ? "" : `, also ${cell(runNames(others, NAMED))}`
    }`,
    ...command === undefined
      ? []
      : [`  - again: \`${repeatCommand(command, name)}\``],
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${title}`, "", ...lines, ""];
}

/** Returns a text in which nothing is Markdown. */
function cell(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*_{}[\]<>#|]/g, "\\$&");
}
