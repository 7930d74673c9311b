/**
 * Reports as Markdown, for the summary of a CI job.
 *
 * @module
 */

import { compareSimplicity } from "../cases/order.ts";
import { wayOf } from "../judging/preflight.ts";
import type { Report, RunStatus, Verdict } from "../judging/report.ts";
import { corpusName, whyPartial } from "./partial.ts";
import { repeatCommand } from "./repeat_command.ts";
import { isBad } from "../judging/verdicts.ts";
import {
  byCase,
  type CaseSummary,
  count,
  counted,
  decisiveRuns,
  runNames,
  unexplainedExits,
  VERDICTS,
} from "./summary.ts";

/** What each exit status means. */
const OUTCOMES = {
  0: "all as expected.",
  1: "**not as expected.**",
  3: "**nothing was judged.**",
  4: "**not as expected.**",
  130: "**interrupted.**",
} as const satisfies Readonly<Record<RunStatus, string>>;

/** How many failed cases are listed. */
const SHOWN = 50;

/** How many other failed runs of a case are named. */
const NAMED = 6;

/** Writes counts by suite and level, the failures, and what else is not as expected. */
export function markdownReport(report: Report): string {
  const { implementation, results, stale, statements } = report;
  const { exits, preflight = [], unmet } = report;
  const cases = byCase({ results });
  const failures = cases
    .filter(({ verdict, runs: [run] }) =>
      run!.gated && isBad(verdict) && !run!.unreached
    )
    .sort((a, b) => compareSimplicity(a.id, b.id));
  return [
    `# ${cell(implementation.name)} ${cell(implementation.version)}`,
    "",
    `Gotalk conformance, ${
      corpusName(report)
    }, level ${report.options.level}: ` +
    OUTCOMES[report.status],
    "",
    ...whyPartial(report).flatMap((why) => [
      `**A part of the corpus:** ${why}.`,
      "",
    ]),
    ...table(cases),
    "",
    `${
      statements.filter(({ tested }) => tested).length
    } of ${statements.length} statements of the protocol were tested.`,
    "",
    ...section(
      "First steps that failed",
      preflight.map((each) =>
        `- ${wayOf(each)}: ${cell(each.reason)}, so ${
          counted(each.cases, "case")
        } that depend on it did not run`
      ),
    ),
    ...section(
      "Exits",
      exits === undefined
        ? []
        : [`- ${unexplainedExits(report)}; the last time: ${cell(exits.last)}`],
    ),
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
    ...section("Expected, but not judged", missing(unmet)),
  ].join("\n");
}

function missing(unmet: Report["unmet"]): string[] {
  if (unmet === undefined) return [];
  const { cases, judged, missing = [] } = unmet;
  return [
    `${judged} of ${counted(cases, "expected case")} were judged.`,
    "",
    ...missing.slice(0, SHOWN).map((name) => `- \`${name}\``),
    ...missing.length > SHOWN ? [`- and ${missing.length - SHOWN} more`] : [],
  ];
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
