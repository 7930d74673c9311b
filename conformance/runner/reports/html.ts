/**
 * Reports as an HTML page: implementations side by side, each verdict with its trace.
 *
 * @module
 */

import { LEVELS } from "../cases/levels.ts";
import { type Statement, STATEMENTS } from "../cases/statements.ts";
import type { Report, Verdict } from "../judging/report.ts";
import { changeOf, CHANGES, isComparison } from "./_comparison.ts";
import { type CaseRow, detailsOf, type StatementRow } from "./_html_details.ts";
import {
  cards,
  implementationSections,
  notes,
} from "./_html_implementations.ts";
import { PAGE_SCRIPT } from "./_html_script.ts";
import { PAGE_STYLE } from "./_html_style.ts";
import { caseTable, columnNames, statementTable } from "./_html_table.ts";
import { cssString, escaped, jsonInScript } from "./_html_text.ts";
import { byCase, VERDICT_TRAITS, VERDICTS } from "./summary.ts";

/** The views of the page: what its rows or sections are. */
const VIEWS = ["cases", "statements", "implementations"] as const;

/**
 * Writes a self-contained page with one column for each report, and views by
 * case, by statement and by implementation. The first and the second of two
 * reports of one implementation are before and after: the page says what has
 * changed.
 */
export function htmlReport(reports: readonly Report[]): string {
  const rows = rowsOf(reports);
  const statements = statementRows(reports, rows);
  const isCompared = isComparison(reports);
  const names = columnNames(reports);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gotalk conformance</title>
<style>${PAGE_STYLE}${namesInCells(names)}</style>
</head>
<body>
<header>
<h1>Gotalk conformance</h1>
<p>${rows.length} cases. Each cell is the worst verdict of all runs of a case;
select it to see what happened. In the table, use the arrow keys, and Enter to
open a cell.</p>
${notes(reports)}<ul class="cards">${cards(reports)}</ul>
${isCompared ? changes(rows) : ""}
${filterForm(names, isCompared)}
${LEGEND}
</header>
<main>
<div data-view="cases">${caseTable(rows, reports, isCompared)}</div>
<div data-view="statements" hidden>${
    statementTable(statements, reports, isCompared)
  }</div>
<div data-view="implementations" hidden>${implementationSections(reports)}</div>
</main>
<dialog aria-labelledby="what"><form method="dialog"><button aria-label="close">×</button></form><div></div></dialog>
<script type="application/json" id="details">${
    jsonInScript({ names, ...detailsOf(reports, rows, statements) })
  }</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

/** What chooses a view, and what it shows. */
function filterForm(names: readonly string[], isCompared: boolean): string {
  return `<form>
<fieldset class="views"><legend>view by</legend>${
    VIEWS.map((view) =>
      `<label><input type="radio" name="view" value="${view}"${
        view === "cases" ? " checked" : ""
      }><span>${view}</span></label>`
    ).join("")
  }</fieldset>
<span class="filters">
<label>Search <input type="search" name="text" placeholder="case, title or statement"></label>
<label>Level <select name="level"><option value="">all</option>${
    LEVELS.map((level) => option(level)).join("")
  }</select></label>
<label>Verdict <select name="verdict"><option value="">all</option>${
    VERDICTS.map((verdict) => option(verdict)).join("")
  }</select></label>
${
    names.length < 2
      ? ""
      : `<label>of <select name="of"><option value="">any</option>${
        names.map((name, column) => option(name, `${column + 1}`)).join("")
      }</select></label>
<label><input type="checkbox" name="differ"> only where they differ</label>`
  }
${
    isCompared
      ? `<label>Change <select name="change"><option value="">all</option>${
        Object.keys(CHANGES).map((change) => option(change)).join("")
      }</select></label>`
      : ""
  }
<output></output>
</span>
</form>`;
}

/** All cases of all reports, sorted by identifier. */
function rowsOf(reports: readonly Report[]): CaseRow[] {
  const summaries = reports.map((report) =>
    new Map(byCase(report).map((summary) => [summary.id, summary]))
  );
  const examples = new Map(summaries.flatMap((of) => [...of]));
  return [...examples.keys()].sort().map((id) => ({
    example: examples.get(id)!,
    cells: summaries.map((of) => of.get(id)),
  }));
}

/** All statements that a report names, in the order of the protocol page. */
function statementRows(
  reports: readonly Report[],
  rows: readonly CaseRow[],
): StatementRow[] {
  const known = new Map(STATEMENTS.map((each) => [each.id, each]));
  const found = new Map<string, Statement>();
  for (const { statements } of reports) {
    for (const { id, level } of statements) {
      found.set(id, known.get(id) ?? { id, level, text: "" });
    }
  }
  const order = [...known.keys()];
  return [...found.values()]
    .sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id))
    .map((statement) => ({
      statement,
      cases: rows.filter(({ example }) => example.spec.includes(statement.id)),
    }));
}

/** How many cases have changed between two reports, each with a link to them. */
function changes(rows: readonly CaseRow[]): string {
  const of = rows.map(({ cells: [before, after] }) =>
    changeOf(before?.verdict, after?.verdict)
  );
  return `<p class="changes">${
    Object.entries(CHANGES).map(([change, meaning]) => {
      const cases = of.filter((each) => each === change).length;
      return `<a class="${change}" href="#change=${change}" title="${meaning}"><b>${cases}</b> ${change}</a>`;
    }).join("")
  }</p>`;
}

/** The names of the columns in front of the cells, for windows that are too narrow for columns. */
function namesInCells(names: readonly string[]): string {
  return `@media (max-width: 40rem) {${
    names.map((name, column) =>
      `td [data-column="${column + 1}"]::before{content:${cssString(name)}}`
    ).join("")
  }}`;
}

function option(text: string, value?: string): string {
  return value === undefined
    ? `<option>${escaped(text)}</option>`
    : `<option value="${value}">${escaped(text)}</option>`;
}

function sign(verdict: Verdict): string {
  return `<span class="sign ${verdict}" aria-hidden="true">${
    VERDICT_TRAITS[verdict].sign
  }</span>`;
}

/** The meaning of each sign. */
const LEGEND: string = `<dl class="legend">${
  VERDICTS.map((verdict) =>
    `<div><dt>${sign(verdict)} ${verdict}</dt><dd>${
      VERDICT_TRAITS[verdict].meaning
    }</dd></div>`
  ).join("")
}</dl>`;
