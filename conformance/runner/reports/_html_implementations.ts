/**
 * The implementations in the page of reports: a card for each, and the view by
 * implementation.
 *
 * @module
 */

import { LEVELS } from "../cases/levels.ts";
import type { Report } from "../judging/report.ts";
import { dateTime, escaped, seconds } from "./_html_text.ts";
import { isComparison } from "./_comparison.ts";
import { columnNames } from "./_html_table.ts";
import { isGood, isSilent } from "../judging/verdicts.ts";
import { corpusName, whyPartial } from "./partial.ts";
import {
  byCase,
  type CaseSummary,
  count,
  unexplainedExits,
  VERDICTS,
} from "./summary.ts";

/**
 * Returns a paragraph for each report that is not of the whole corpus, and for
 * each whose implementation did not keep running.
 */
export function notes(reports: readonly Report[]): string {
  const names = columnNames(reports);
  return reports.map((report, column) => {
    const why = whyPartial(report);
    const exits = unexplainedExits(report);
    return [
      ...why.length === 0
        ? []
        : [note(`${names[column]}: a part of the corpus.`, why.join("; "))],
      ...exits === undefined ? [] : [note(`${names[column]}:`, exits)],
    ].join("");
  }).join("");
}

function note(head: string, text: string): string {
  return `<p class="partial" role="note"><b>${escaped(head)}</b> ${
    escaped(text)
  }.</p>`;
}

/** Returns the card of each report: counts of its cases. */
export function cards(reports: readonly Report[]): string {
  const names = columnNames(reports);
  return reports.map((report, column) => {
    const { name, version } = report.implementation;
    const title = isComparison(reports) ? names[column]! : `${name} ${version}`;
    return card(report, title);
  }).join("");
}

function card(report: Report, title: string): string {
  const { implementation: { language }, options } = report;
  const cases = byCase(report);
  const counts = count(cases);
  const judged = cases.filter(({ verdict }) => !isSilent(verdict)).length;
  const isPartial = whyPartial(report).length > 0;
  const parts = VERDICTS.filter((verdict) => counts[verdict] > 0);
  return `<li><h2>${escaped(title)} <small>${escaped(language)}</small></h2>
<p><b>${
    counts.pass + counts.weak
  }</b> of ${judged} cases that apply, level ${options.level}${
    isPartial ? ", <b>a part of the corpus</b>" : ""
  }</p>
<p class="bar" aria-hidden="true">${
    parts.map((verdict) =>
      `<span class="${verdict}" style="flex:${counts[verdict]}" title="${
        counts[verdict]
      } ${verdict}"></span>`
    ).join("")
  }</p>
<p class="counts">${
    parts.map((verdict) => `${counts[verdict]} ${verdict}`).join(" · ")
  }</p>
<p class="counts">${escaped(dateTime(report.started))}, ${
    escaped(corpusName(report))
  }, ${seconds(report.duration)}</p></li>`;
}

/** Returns a section for each report: how it was run, counts, and what failed. */
export function implementationSections(reports: readonly Report[]): string {
  const names = columnNames(reports);
  return reports.map((report, column) => {
    const cases = byCase(report);
    return `<section class="implementation">
<h2>${escaped(names[column]!)}</h2>
<dl class="facts">${
      facts(report).map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`)
        .join("")
    }</dl>
${countTable(cases, column + 1)}
${notGood(cases, column + 1)}
${untested(report)}
</section>`;
  }).join("\n");
}

/** What is known of a run, as markup. */
function facts(report: Report): [name: string, value: string][] {
  const { implementation, description, options, command } = report;
  const { homepage, issues } = implementation;
  const { name, payload } = description.limits;
  const roles = Object.entries(description.roles)
    .map(([role, transports = []]) => `${role} over ${transports.join(", ")}`);
  return [
    ["version", escaped(implementation.version)],
    ["language", escaped(implementation.language)],
    ["links", [link(homepage, "homepage"), link(issues, "issues")].join(" ")],
    ["cases", escaped([corpusName(report), ...whyPartial(report)].join("; "))],
    ["started", escaped(dateTime(report.started))],
    ["duration", seconds(report.duration)],
    [
      "options",
      `level ${options.level}, ${options.jobs} jobs, seed ${options.seed}`,
    ],
    [
      "runs",
      `${report.results.length}`,
    ],
    ["roles", escaped(roles.join("; "))],
    ["protocol versions", escaped(description.versions.join(", "))],
    ["features", escaped(description.features.join(", "))],
    ["operations", escaped(description.operations.join(", "))],
    ["limits", `names of ${name} bytes, payloads of ${payload} bytes`],
    [
      "command",
      command === undefined
        ? ""
        : `<code class="command">${
          command.split(" ").map((word) => `<span>${escaped(word)}</span>`)
            .join(" ")
        }</code>`,
    ],
  ].filter((fact): fact is [string, string] => fact[1]!.trim() !== "");
}

function link(address: string | undefined, text: string): string {
  return address !== undefined && /^https?:/.test(address)
    ? `<a href="${escaped(address)}">${text}</a>`
    : "";
}

/** Counts by suite and level; each number is a link to its cases. */
function countTable(cases: readonly CaseSummary[], column: number): string {
  const all = count(cases);
  const verdicts = VERDICTS.filter((verdict) => all[verdict] > 0);
  const suites = Map.groupBy(cases, ({ suite }) => suite);
  const rows = Array.from(
    suites,
    ([suite, ofSuite]) =>
      LEVELS.flatMap((level) => {
        const of = ofSuite.filter((each) => each.level === level);
        if (of.length === 0) return [];
        const counts = count(of);
        return [
          `<tr><th scope="row">${escaped(suite)} ${level}</th>${
            verdicts.map((verdict) =>
              counts[verdict] === 0
                ? "<td></td>"
                : `<td class="${verdict}"><a href="#text=${
                  escaped(suite)
                }/&amp;level=${level}&amp;verdict=${verdict}&amp;of=${column}">${
                  counts[verdict]
                }</a></td>`
            ).join("")
          }</tr>`,
        ];
      }),
  ).flat();
  return `<table class="counted"><thead><tr><th scope="col">cases</th>${
    verdicts.map((verdict) => `<th scope="col">${verdict}</th>`).join("")
  }</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

/** The cases that are not as required, by verdict, folded. */
function notGood(cases: readonly CaseSummary[], column: number): string {
  return VERDICTS.toReversed().flatMap((verdict) => {
    const of = cases.filter((each) => each.verdict === verdict);
    if (isGood(verdict) && verdict !== "weak" || of.length === 0) return [];
    return [
      folded(
        `${of.length} ${verdict}`,
        of.map(({ id, runs }) => {
          const { reason = "" } = runs.find((run) => run.verdict === verdict)!;
          return `<a href="#case=${escaped(id)}&amp;at=${column}">${
            escaped(id)
          }</a> ${escaped(reason)}`;
        }),
      ),
    ];
  }).join("\n");
}

function untested({ statements }: Report): string {
  const of = statements.filter(({ untested }) => untested !== undefined);
  if (of.length === 0) return "";
  return folded(
    `${of.length} statements not tested`,
    of.map(({ id, level, untested = "" }) =>
      `<a href="#view=statements&amp;statement=${escaped(id)}">${
        escaped(id)
      }</a> (${level}): ${escaped(untested)}`
    ),
  );
}

function folded(title: string, items: readonly string[]): string {
  return `<details><summary>${title}</summary><ul>${
    items.map((item) => `<li>${item}</li>`).join("\n")
  }</ul></details>`;
}
