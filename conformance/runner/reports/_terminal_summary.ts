/**
 * The summary at the end of a terminal report.
 *
 * @module
 */

import { LEVELS } from "../cases/levels.ts";
import { mostFrequentReason } from "../judging/tested_statements.ts";
import type { Report, Result } from "../judging/report.ts";
import { isBad, isGood, isSilent } from "../judging/verdicts.ts";
import { corpusName, earlyEnd, whyPartial } from "./partial.ts";
import {
  byCase,
  type CaseSummary,
  count,
  counted,
  isSkippedInPart,
  unexplainedExits,
  VERDICTS,
} from "./summary.ts";

/** How many names of statements and cases one line has. */
const NAMED = 12;

/** Returns counts of cases by suite and level, and how much of the protocol was tested. */
export function summary(report: Report): string {
  const { implementation, options } = report;
  const cases = byCase(report);
  const title = `${implementation.name} ${implementation.version}, ${
    corpusName(report)
  }, level ${options.level}`;
  return [
    title,
    "",
    ...table(cases),
    "",
    ...coverage(report),
    ...notApplicable(cases),
    ...share(report),
    ...weak(report, cases),
    ...ungated(report),
    ...whyPartial(report).map((why) => `a part of the corpus: ${why}`),
    ...exits(report),
    ...casesIn(cases),
    conclusion(report),
  ].join("\n");
}

function table(cases: readonly CaseSummary[]): string[] {
  const all = count(cases);
  const columns = VERDICTS.filter((verdict) =>
    verdict === "pass" || all[verdict] > 0
  );
  const suites = Map.groupBy(cases, ({ suite }) => suite);
  const groups = Array.from(suites, ([suite, of]) => {
    const levels = Map.groupBy(of, ({ level }) => level);
    return LEVELS.filter((level) => levels.has(level)).map((level) =>
      [`${suite} ${level}`, levels.get(level)!] as const
    );
  }).flat();
  const rows = [
    ["cases", ...columns],
    ...groups.map(([group, of]) => [
      group,
      ...columns.map((verdict) => String(count(of)[verdict])),
    ]),
    ["all", ...columns.map((verdict) => String(all[verdict]))],
  ];
  const widths = rows[0]!.map((_, column) =>
    Math.max(...rows.map((row) => row[column]!.length))
  );
  return rows.map((row) =>
    row.map((cell, column) =>
      column === 0
        ? cell.padEnd(widths[column]!)
        : cell.padStart(widths[column]!)
    ).join("  ").trimEnd()
  );
}

function coverage({ statements, options }: Report): string[] {
  if (statements.length === 0) return [];
  const parts = LEVELS.flatMap((level) => {
    const of = statements.filter((each) => each.level === level);
    return of.length === 0
      ? []
      : [`${
        of.filter(({ tested }) => tested).length
      } of ${of.length} at level ${level}`];
  });
  const failed = statements.filter((each) => each.failed > 0);
  const asked = statements.filter((each) =>
    !each.tested &&
    (each.level === "must" || each.level === options.level)
  );
  const reasons = Map.groupBy(asked, ({ level, untested = "" }) => {
    return `not tested at level ${level}, ${
      untested === "" ? "for no known reason" : `as ${untested}`
    }`;
  });
  return [
    `statements tested: ${parts.join(", ")}`,
    ...Array.from(
      reasons,
      ([reason, of]) =>
        / (was chosen|tests it)$/.test(reason)
          ? `${reason}: ${counted(of.length, "statement")}`
          : `${reason}:\n  ${of.map(({ id }) => id).join(", ")}`,
    ),
    ...failed.length === 0
      ? []
      : [`statements with failures: ${some(failed.map(({ id }) => id))}`],
  ];
}

function notApplicable(cases: readonly CaseSummary[]): string[] {
  const silent = cases.filter(({ verdict }) => isSilent(verdict));
  if (silent.length === 0) return [];
  const reasons = Map.groupBy(silent, ({ runs }) => mostFrequentReason(runs));
  const parts = [...reasons].sort(([, a], [, b]) => b.length - a.length)
    .map(([reason, of]) => `${of.length} as ${reason}`);
  return [
    `not applicable: ${counted(silent.length, "case")}: ${
      some(parts, NAMED, "; ")
    }`,
  ];
}

/** States how many cases apply to a target, and what would add to them. */
function share({ target, description }: Report): string[] {
  if (target === undefined || target.cases === 0) return [];
  const { cases, applied, more, adapter } = target;
  const percent = (100 * applied / cases).toFixed(1);
  const over = description.roles.acceptor?.join(" and ");
  const left = more.length - NAMED;
  return [
    `target: ${applied} of ${
      counted(cases, "case")
    } for servers over ${over} apply (${percent} %)`,
    ...more.slice(0, NAMED).map(({ with: means, cases }) =>
      `  ${cases} more with ${means}`
    ),
    ...left > 0
      ? [
        `  ${
          more.slice(NAMED).reduce((sum, { cases }) => sum + cases, 0)
        } more with ${left} other choices`,
      ]
      : [],
    ...adapter > 0 ? [`  ${adapter} more with an adapter`] : [],
  ];
}

/** Names the cases that are acceptable, but not the best behaviour. */
function weak({ options }: Report, cases: readonly CaseSummary[]): string[] {
  const found = cases.filter(({ runs }) =>
    runs.some(({ verdict }) => verdict === "weak")
  );
  if (found.length === 0) return [];
  const head = `weak, acceptable but not the best behaviour: ${
    counted(found.length, "case")
  }`;
  if (options.level === "must") return [`${head}; --level should names them`];
  return [
    head,
    ...found.map(({ id, runs }) => {
      const of = runs.filter(({ verdict }) => verdict === "weak");
      return `  ${id}: ${of[0]!.reason ?? "no reason given"} (${
        counted(of.length, "run")
      })`;
    }),
  ];
}

function ungated({ results }: Report): string[] {
  const failed = failuresOf(results, false);
  if (failed.length === 0) return [];
  return [
    `not counted at this level: ${failures(failed)}`,
  ];
}

function exits(report: Report): string[] {
  const text = unexplainedExits(report);
  return text === undefined
    ? []
    : [`${text}; the last time: ${report.exits!.last}`];
}

function casesIn(cases: readonly CaseSummary[]): string[] {
  const judged = cases.filter(({ verdict }) => !isSilent(verdict));
  const good = judged.filter(({ verdict }) => isGood(verdict));
  const weak = good.filter(({ verdict }) => verdict === "weak");
  const partly = good.filter(isSkippedInPart).length;
  return [
    `cases: ${good.length} of ${judged.length} that apply pass in every run` +
    (partly === 0 ? "" : " that it does not skip") +
    (weak.length === 0 ? "" : `, ${weak.length} of them weakly`) +
    (partly === 0 ? "" : `, ${partly} of them skipped in part`),
  ];
}

function conclusion(report: Report): string {
  const { status, duration, results, unmet } = report;
  const time = `${(duration / 1000).toFixed(1)} s`;
  switch (status) {
    case 0:
      return whyPartial(report).length === 0
        ? `all as expected, in ${time}`
        : `all as expected in this part of the corpus, in ${time}`;
    case 1:
      return `${exitsFirst(report)}${
        failures(
          failuresOf(results, true).filter(({ unreached }) => !unreached),
        )
      }${unreached(results)}, in ${time}`;
    case 3:
      return `nothing was judged: ${whyNothing(report)}, in ${time}`;
    case 4:
      return unmet === undefined
        ? `the list of known failures is stale, in ${time}`
        : `${unmet.judged} of ${
          counted(unmet.cases, "expected case")
        } were judged, in ${time}`;
    case 130: {
      const failed = failuresOf(results, true);
      return `${earlyEnd(report)}, in which ${failures(failed)}, in ${time}`;
    }
  }
}

function exitsFirst({ exits }: Report): string {
  return exits === undefined
    ? ""
    : `exited ${counted(exits.times, "time")} for no known reason, `;
}

function whyNothing({ preflight, results }: Report): string {
  if (preflight !== undefined) return "no case was reached";
  if (!results.every(({ verdict }) => isSilent(verdict))) {
    return "no case that applies could be judged, see --trace";
  }
  const skipped = results.filter(({ verdict }) => verdict === "skipped");
  return skipped.length === 0
    ? "no case applies to the features that the implementation has"
    : `the implementation skips every case that applies, ${
      counted(new Set(skipped.map(({ id }) => id)).size, "case")
    }`;
}

function unreached(results: readonly Result[]): string {
  const of = results.filter(({ unreached }) => unreached);
  return of.length === 0
    ? ""
    : `, ${counted(new Set(of.map(({ id }) => id)).size, "case")} not reached`;
}

function failuresOf(results: readonly Result[], gated: boolean): Result[] {
  return results.filter((each) => each.gated === gated && isBad(each.verdict));
}

/** Counts failures: `2 cases fail (31 runs)`. */
function failures(failed: readonly Result[]): string {
  const { size } = new Set(failed.map(({ id }) => id));
  const runs = failed.length === size ? "" : ` (${failed.length} runs)`;
  return `${counted(size, "case")} ${size === 1 ? "fails" : "fail"}${runs}`;
}

function some(
  names: readonly string[],
  most = NAMED,
  separator = ", ",
): string {
  const left = names.length - most;
  return names.slice(0, most).join(separator) +
    (left > 0 ? ` and ${left} more` : "");
}
