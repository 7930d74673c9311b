/**
 * The table of results in the README of the suite.
 *
 * @module
 */

import type { Report, Result } from "../../runner/judging/report.ts";
import { isGood, isSilent } from "../../runner/judging/verdicts.ts";

const BEGIN = "<!-- results: deno task conformance:all --update -->\n";
const END = "<!-- end of results -->\n";

/**
 * By how much a number of cases of an implementation with known failures may
 * differ from what is recorded, as a share of the cases: some of its runs that
 * are known to fail pass now and then.
 */
const TOLERANCE = 0.02;

/** A row of the table. */
export interface Entry {
  /** The name of the implementation in `implementations/known/`. */
  readonly key: string;
  /** The report of its run. */
  readonly report: Report;
  /** A remark. */
  readonly remark?: string | undefined;
}

/** The columns of the table, and the results that belong to each. */
const COLUMNS: readonly (readonly [string, (result: Result) => boolean])[] = [
  ["codec", ({ suite }) => suite === "codec"],
  [
    "session, acceptor",
    ({ suite, name }) => suite === "session" && name.includes("/role:acceptor"),
  ],
  [
    "session, initiator",
    ({ suite, name }) =>
      suite === "session" && name.includes("/role:initiator"),
  ],
  ["WebSocket", ({ suite }) => suite === "websocket"],
  ["extensions", ({ suite }) => suite === "extensions"],
  ["hostile", ({ suite }) => suite === "hostile"],
];

/**
 * Returns a page with the results between its two markers. Rows of
 * implementations that were not run are kept, and so are those that differ by
 * no more than some known failures.
 *
 * @throws {Error} If the page has no markers.
 */
export function withResults(page: string, entries: readonly Entry[]): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) {
    throw new Error(`Cannot update the results: the page lacks ${BEGIN}`);
  }
  const old = page.slice(begin + BEGIN.length, end).split("\n")
    .filter((line) => line.startsWith("| ["));
  const rows = new Map(old.map((line) => [line.split(/[[\]]/)[1]!, line]));
  for (const entry of entries) {
    const line = row(entry);
    const name = line.split(/[[\]]/)[1]!;
    const recorded = rows.get(name);
    if (recorded === undefined || !isNear(recorded, line)) rows.set(name, line);
  }
  const titles = [
    "implementation",
    ...COLUMNS.map(([title]) => title),
    "known to fail",
  ];
  const table = [
    `| ${titles.join(" | ")} |`,
    `| --- |${" --: |".repeat(titles.length - 1)}`,
    ...rows.values(),
  ];
  return page.slice(0, begin) + BEGIN + "\n" + table.join("\n") + "\n\n" +
    page.slice(end);
}

function row({ key, report, remark }: Entry): string {
  const { name, version, language } = report.implementation;
  const title =
    `[${name} ${version}](implementations/adapters/README.md), ${language}` +
    (remark === undefined ? "" : ` (${remark})`);
  const cells = COLUMNS.map(([, belongs]) =>
    share(report.results.filter(belongs))
  );
  const known =
    cases(report.results.filter(({ verdict }) => verdict === "known")).size;
  const list = known === 0
    ? "0"
    : `[${known}](implementations/known/${key}.json)`;
  return `| ${[title, ...cells, list].join(" | ")} |`;
}

/** Returns whether two rows of an implementation with known failures have the same cases, of which about as many pass. */
function isNear(recorded: string, line: string): boolean {
  const [before, after] = [recorded, line].map(cellsOf);
  if (before!.length !== after!.length) return false;
  return before!.every((cell, index) => {
    const [one, other] = [cell, after![index]!].map((text) =>
      /^(?:\[(?<known>\d+)\]\(.+\)|(?<pass>\d+) of (?<all>\d+))$/.exec(text)
        ?.groups
    );
    if (one === undefined || other === undefined) {
      return cell === after![index];
    }
    if (one.all !== other.all) return false;
    const difference = Number(one.known ?? one.pass) -
      Number(other.known ?? other.pass);
    return Math.abs(difference) <= TOLERANCE * Number(one.known ?? one.all);
  }) && after!.at(-1) !== "0";
}

/** Returns the cells of a row. */
function cellsOf(line: string): string[] {
  return line.split("|").slice(1, -1).map((cell) => cell.trim());
}

/** Returns how many cases passed in all runs that apply. */
function share(results: readonly Result[]): string {
  const applying = results.filter(({ verdict }) => !isSilent(verdict));
  const failed = cases(
    applying.filter(({ verdict }) => !isGood(verdict)),
  );
  const all = cases(applying).size;
  return all === 0 ? "–" : `${all - failed.size} of ${all}`;
}

function cases(results: readonly Result[]): Set<string> {
  return new Set(results.map(({ id }) => id));
}
