/**
 * Reports as an HTML page: implementations side by side, each verdict with its trace.
 *
 * @module
 */

import { LEVELS } from "../cases/levels.ts";
import type { Report, Result, Verdict } from "../judging/report.ts";
import { PAGE_SCRIPT } from "./_html_script.ts";
import { PAGE_STYLE } from "./_html_style.ts";
import {
  byCase,
  type CaseSummary,
  count,
  isSilent,
  VERDICT_TRAITS,
  VERDICTS,
} from "./summary.ts";

/** How many runs of a case are shown in full; the others are counted. */
const RUNS_SHOWN = 8;

/** One row of the table: a case, and its results with each implementation. */
interface Row {
  readonly example: CaseSummary;
  readonly cells: readonly (CaseSummary | undefined)[];
}

/** Writes a self-contained page: one column for each report, one row for each case. */
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
the worst verdict of all runs of a case; select it to see what happened.</p>
<ul class="cards">${reports.map(card).join("")}</ul>
<form>
<label>Search <input type="search" name="text" placeholder="case, title or statement"></label>
<label>Level <select name="level"><option value="">all</option>${
    LEVELS.map(option).join("")
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
        VERDICT_TRAITS[verdict].meaning
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
        }">${VERDICT_TRAITS[cell.verdict].sign}</button></td>`
    ).join("")
  }</tr>`;
}

/** What a cell opens: the worst runs, and how many runs have each verdict. */
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
    runs: telling.slice(0, RUNS_SHOWN).map(run),
    more: Math.max(0, runs.length - RUNS_SHOWN),
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
    VERDICT_TRAITS[verdict].sign
  }</span>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** JSON that cannot end the script element it stands in. */
function jsonInScript(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}
