/**
 * The table of results in the README of the suite.
 *
 * @module
 */

import type { Report, Result } from "../../runner/judging/report.ts";

const BEGIN = "<!-- results: deno task conformance:all --update -->\n";
const END = "<!-- end of results -->\n";

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
 * Returns a page with the results between its two markers. Rows of implementations that were not run are
 * kept.
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
    rows.set(line.split(/[[\]]/)[1]!, line);
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

/** Returns how many cases passed in all runs that apply. */
function share(results: readonly Result[]): string {
  const applying = results.filter(({ verdict }) =>
    verdict !== "not-applicable" && verdict !== "skipped"
  );
  const failed = cases(
    applying.filter(({ verdict }) => verdict !== "pass" && verdict !== "weak"),
  );
  const all = cases(applying).size;
  return all === 0 ? "–" : `${all - failed.size} of ${all}`;
}

function cases(results: readonly Result[]): Set<string> {
  return new Set(results.map(({ id }) => id));
}
