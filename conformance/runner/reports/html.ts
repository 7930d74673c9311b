/**
 * Reports as one page for people: implementations beside each other, each verdict with its trace.
 *
 * @module
 */

import type { Report, Result, Verdict } from "../judging/report.ts";
import { PAGE_SCRIPT } from "./_html_script.ts";
import { PAGE_STYLE } from "./_html_style.ts";
import {
  byCase,
  type CaseSummary,
  count,
  isSilent,
  VERDICTS,
} from "./summary.ts";

/** How many runs of a case are told in full; the others are counted. */
const RUNS_TOLD = 8;

const SIGNS: Readonly<Record<Verdict, string>> = {
  "pass": "✓",
  "weak": "≈",
  "not-applicable": "–",
  "skipped": "○",
  "known": "✗",
  "flaky": "↯",
  "errored": "!",
  "fail": "✗",
};

const MEANINGS: Readonly<Record<Verdict, string>> = {
  "pass": "as it should be",
  "weak": "acceptable, with a reason",
  "not-applicable": "needs something that the implementation does not have",
  "skipped": "the implementation, or whoever ran it, said no",
  "known": "fails, and is listed as known to fail",
  "flaky": "fails now and then, and is listed so",
  "errored": "could not be judged",
  "fail": "not as it should be",
};

/** One row of the table: a case, and what became of it with each implementation. */
interface Row {
  readonly example: CaseSummary;
  readonly cells: readonly (CaseSummary | undefined)[];
}

/** A page that needs nothing but a browser: one column for each report, one row for each case. */
export function htmlReport(reports: readonly Report[]): string {
  const rows = rowsOf(reports);
  const versions = new Set(reports.map(({ corpus }) => corpus.version));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gotalk conformance</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>Gotalk conformance</h1>
<p>Corpus ${
    escaped([...versions].join(", "))
  }, ${rows.length} cases. Each cell is
the worst of all runs of a case; it opens on what happened.</p>
<ul class="cards">${reports.map(card).join("")}</ul>
<form>
<label>Search <input type="search" name="text" placeholder="case, title or statement"></label>
<label>Level <select name="level"><option value="">all</option>${
    ["must", "should", "may", "undefined"].map(option).join("")
  }</select></label>
<label>Verdict <select name="verdict"><option value="">all</option>${
    VERDICTS.map(option).join("")
  }</select></label>
<label><input type="checkbox" name="differ"> only where they differ</label>
<output></output>
</form>
<dl class="legend">${
    VERDICTS.map((verdict) =>
      `<div><dt>${sign(verdict)} ${verdict}</dt><dd>${
        MEANINGS[verdict]
      }</dd></div>`
    ).join("")
  }</dl>
</header>
<main>
<table>
<thead><tr><th scope="col">case</th><th scope="col">level</th>${
    reports.map(({ implementation: { name, language } }) =>
      `<th scope="col">${escaped(name)}<small>${escaped(language)}</small></th>`
    ).join("")
  }</tr></thead>
${sections(rows, reports)}
</table>
</main>
<dialog aria-labelledby="what"><form method="dialog"><button aria-label="close">×</button></form><div></div></dialog>
<script type="application/json" id="details">${
    jsonInScript(rows.map(({ cells }) => cells.map(details)))
  }</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

/** All cases of all reports, sorted by identifier. */
function rowsOf(reports: readonly Report[]): Row[] {
  const summaries = reports.map((report) =>
    new Map(byCase(report).map((summary) => [summary.id, summary]))
  );
  const examples = new Map(summaries.flatMap((of) => [...of]));
  return [...examples.keys()].sort().map((id) => ({
    example: examples.get(id)!,
    cells: summaries.map((of) => of.get(id)),
  }));
}

function card(report: Report): string {
  const { name, version, language, homepage } = report.implementation;
  const title = escaped(`${name} ${version}`);
  const cases = byCase(report);
  const counts = count(cases);
  const judged = cases.filter(({ verdict }) => !isSilent(verdict)).length;
  const parts = VERDICTS.filter((verdict) => counts[verdict] > 0);
  return `<li><h2>${
    homepage && /^https?:/.test(homepage)
      ? `<a href="${escaped(homepage)}">${title}</a>`
      : title
  } <small>${escaped(language)}</small></h2>
<p><b>${
    counts.pass + counts.weak
  }</b> of ${judged} cases that apply, level ${report.options.level}, ${report.results.length} runs</p>
<p class="bar" aria-hidden="true">${
    parts.map((verdict) =>
      `<span class="${verdict}" style="flex:${counts[verdict]}" title="${
        counts[verdict]
      } ${verdict}"></span>`
    ).join("")
  }</p>
<p class="counts">${
    parts.map((verdict) => `${counts[verdict]} ${verdict}`).join(" · ")
  }</p></li>`;
}

/** The body of the table, with a heading for each topic. */
function sections(rows: readonly Row[], reports: readonly Report[]): string {
  const numbered = rows.map((row, number) => ({ row, number }));
  const topics = Map.groupBy(
    numbered,
    ({ row }) => row.example.id.split("/").slice(0, -1).join("/"),
  );
  return Array.from(
    topics,
    ([topic, of]) =>
      `<tbody><tr class="topic"><th colspan="${
        reports.length + 2
      }" scope="rowgroup">${escaped(topic)}</th></tr>
${
        of.map(({ row, number }) => tableRow(row, number, reports)).join("\n")
      }</tbody>`,
  ).join("\n");
}

function tableRow(
  { example, cells }: Row,
  number: number,
  reports: readonly Report[],
): string {
  const { id, level, title, spec } = example;
  const search = `${id} ${title} ${spec.join(" ")}`.toLowerCase();
  const verdicts = cells.map((cell) => cell?.verdict ?? "");
  return `<tr data-row="${number}" data-level="${level}" data-verdicts="${
    verdicts.join(" ")
  }" data-text="${escaped(search)}">
<th scope="row">${escaped(id.split("/").at(-1)!)}<small>${
    escaped(title)
  }</small></th><td class="level">${level}</td>${
    cells.map((cell, column) =>
      cell === undefined
        ? `<td><span title="not run">·</span></td>`
        : `<td><button type="button" data-column="${column}" class="${cell.verdict}" aria-label="${
          escaped(`${reports[column]!.implementation.name}: ${cell.verdict}`)
        }">${SIGNS[cell.verdict]}</button></td>`
    ).join("")
  }</tr>`;
}

/** What a cell opens on: the runs that tell most, and how many there are of each verdict. */
function details(summary: CaseSummary | undefined): unknown {
  if (summary === undefined) return null;
  const { id, title, level, spec, runs } = summary;
  const telling = runs.toSorted((one, other) =>
    VERDICTS.indexOf(other.verdict) - VERDICTS.indexOf(one.verdict)
  );
  const counts = count(runs);
  return {
    id,
    title,
    level,
    spec,
    counts: VERDICTS.filter((verdict) => counts[verdict] > 0)
      .map((verdict) => `${counts[verdict]} ${verdict}`),
    runs: telling.slice(0, RUNS_TOLD).map(run),
    more: Math.max(0, runs.length - RUNS_TOLD),
  };
}

function run({ name, verdict, reason, expected, trace }: Result): unknown {
  return {
    name,
    verdict,
    reason,
    expected,
    trace: trace?.map(({ at, by, text }) => [at.toFixed(1), by, text]),
  };
}

function option(value: string): string {
  return `<option>${value}</option>`;
}

function sign(verdict: Verdict): string {
  return `<span class="sign ${verdict}" aria-hidden="true">${
    SIGNS[verdict]
  }</span>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** JSON that cannot end the script element it stands in. */
function jsonInScript(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}
