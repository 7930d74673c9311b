/**
 * Reports as Markdown, for the summary of a CI job.
 *
 * @module
 */

import type { Report, Result, Verdict } from "../judging/report.ts";
import { count, isBad, VERDICTS } from "./summary.ts";

/** How many failures are listed. */
const SHOWN = 50;

/** Writes counts by suite and level, and the failures. */
export function markdownReport(report: Report): string {
  const { implementation, corpus, results, stale, statements } = report;
  const failures = results.filter(({ verdict, gated }) =>
    gated && isBad(verdict)
  );
  const shown = statements.filter(({ passed, failed }) => passed + failed > 0);
  return [
    `# ${cell(implementation.name)} ${cell(implementation.version)}`,
    "",
    `Gotalk conformance corpus ${corpus.version}, level ${report.options.level}: ` +
    (report.status === 0 ? "all as expected." : "**not as expected.**"),
    "",
    ...table(results),
    "",
    `${shown.length} of ${statements.length} statements of the protocol were tested.`,
    "",
    ...section("Failures", failures.slice(0, SHOWN).map(failure)),
    ...failures.length > SHOWN
      ? [`and ${failures.length - SHOWN} more.`, ""]
      : [],
    ...section(
      "Known failures that did not fail",
      stale.map((name) => `- \`${name}\``),
    ),
  ].join("\n");
}

function table(results: readonly Result[]): string[] {
  const all = count(results);
  const columns = VERDICTS.filter((verdict) =>
    verdict === "pass" || all[verdict] > 0
  );
  const groups = Map.groupBy(
    results,
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

function failure({ name, title, reason = "" }: Result): string {
  return `- \`${name}\`: ${cell(title)}. ${cell(reason)}`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${title}`, "", ...lines, ""];
}

/** Returns a text in which nothing is Markdown. */
function cell(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*_{}[\]<>#|]/g, "\\$&");
}
