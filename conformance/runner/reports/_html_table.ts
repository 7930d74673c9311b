/**
 * The tables of the page of reports: cases, and statements.
 *
 * @module
 */

import type { Level } from "../cases/case.ts";
import type { Report, Verdict } from "../judging/report.ts";
import { changeOf, isComparison } from "./_comparison.ts";
import type { CaseRow, StatementRow } from "./_html_details.ts";
import { dateTime, escaped, withCode } from "./_html_text.ts";
import { VERDICT_TRAITS, worst } from "./summary.ts";

/** A row of either table. */
interface Row {
  /** `case` or `statement`. */
  readonly kind: string;
  readonly id: string;
  readonly title: string;
  readonly level: Level;
  /** What a search finds besides the identifier and the title. */
  readonly words: readonly string[];
  readonly verdicts: readonly (Verdict | undefined)[];
}

/** Returns a name for each report, unlike those of the others. */
export function columnNames(reports: readonly Report[]): readonly string[] {
  if (isComparison(reports)) {
    return reports.map(({ implementation: { name, version } }, index) =>
      `${index === 0 ? "before" : "after"}: ${name} ${version}`
    );
  }
  const names = reports.map(({ implementation: { name } }) => name);
  const isAlone = (name: string) =>
    names.indexOf(name) === names.lastIndexOf(name);
  return reports.map(({ implementation: { name, version }, started }) =>
    isAlone(name) ? name : `${name} ${version}, ${dateTime(started)}`
  );
}

/** Returns the table of cases, with a heading for each topic. */
export function caseTable(
  rows: readonly CaseRow[],
  reports: readonly Report[],
  isCompared: boolean,
): string {
  const of = rows.map(({ example, cells }): Row => ({
    kind: "case",
    id: example.id,
    title: example.title,
    level: example.level,
    words: example.spec,
    verdicts: cells.map((cell) => cell?.verdict),
  }));
  return table("cases", of, reports, isCompared);
}

/** Returns the table of statements, each with the worst verdict of the cases that test it. */
export function statementTable(
  rows: readonly StatementRow[],
  reports: readonly Report[],
  isCompared: boolean,
): string {
  const of = rows.map(({ statement, cases }): Row => ({
    kind: "statement",
    id: statement.id,
    title: statement.text,
    level: statement.level,
    words: cases.map(({ example: { id } }) => id),
    verdicts: reports.map((_, column) => {
      const cells = cases.flatMap(({ cells }) => cells[column] ?? []);
      return cells.length === 0 ? undefined : worst(cells);
    }),
  }));
  return table("statements", of, reports, isCompared);
}

function table(
  view: string,
  rows: readonly Row[],
  reports: readonly Report[],
  isCompared: boolean,
): string {
  const names = columnNames(reports);
  const topics = Map.groupBy(
    rows,
    ({ id }) => id.split("/").slice(0, -1).join("/"),
  );
  return `<table role="grid" aria-label="${view}">
<thead><tr role="row"><th role="columnheader" scope="col">${
    view.slice(0, -1)
  }</th><th role="columnheader" scope="col">level</th>${
    reports.map(({ implementation: { language } }, column) =>
      `<th role="columnheader" scope="col">${escaped(names[column]!)}<small>${
        escaped(language)
      }</small></th>`
    ).join("")
  }</tr></thead>
${
    Array.from(topics, ([topic, of]) =>
      `<tbody role="rowgroup"><tr class="topic" role="row"><th role="rowheader" colspan="${
        reports.length + 2
      }">${escaped(topic)}</th></tr>
${
        of.map((row) => tableRow(row, names, isCompared)).join("\n")
      }</tbody>`)
      .join("\n")
  }
</table>`;
}

function tableRow(
  { kind, id, title, level, words, verdicts }: Row,
  names: readonly string[],
  isCompared: boolean,
): string {
  const search = `${id} ${title} ${words.join(" ")}`.toLowerCase();
  const change = isCompared ? changeOf(verdicts[0], verdicts[1]) : undefined;
  return `<tr role="row" data-id="${escaped(id)}" data-level="${level}"${
    change === undefined ? "" : ` data-change="${change}"`
  } data-verdicts="${
    verdicts.map((verdict) => verdict ?? "").join(" ")
  }" data-text="${escaped(search)}">
<th role="rowheader" scope="row"><a data-column="0" tabindex="-1" href="#${kind}=${
    escaped(id)
  }">${escaped(id.split("/").at(-1)!)}</a><small>${
    withCode(title)
  }</small></th><td role="gridcell" class="level">${level}</td>${
    verdicts.map((verdict, column) => cell(verdict, column, names)).join("")
  }</tr>`;
}

function cell(
  verdict: Verdict | undefined,
  column: number,
  names: readonly string[],
): string {
  const of = `data-column="${column + 1}" tabindex="-1"`;
  return verdict === undefined
    ? `<td role="gridcell"><span ${of} title="not run">·</span></td>`
    : `<td role="gridcell"><button type="button" ${of} class="${verdict}" aria-label="${
      escaped(`${names[column]!}: ${verdict}`)
    }">${VERDICT_TRAITS[verdict].sign}</button></td>`;
}
