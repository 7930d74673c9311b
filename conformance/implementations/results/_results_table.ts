/**
 * The table of results in the README of the suite.
 *
 * @module
 */

import type { Report, Result } from "../../runner/judging/report.ts";

const BEGIN = "<!-- results: deno task conformance:all --update -->\n";
const END = "<!-- end of results -->\n";

/** What is said of one implementation. */
export interface Entry {
  /** What it is called in `implementations/known/`. */
  readonly key: string;
  /** What was found. */
  readonly report: Report;
  /** What else is to be said. */
  readonly remark?: string | undefined;
}

/** The parts of the corpus that have a column, and which results belong to each. */
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
  ["hostile", ({ suite }) => suite === "hostile"],
];

/**
 * A page with the results in the place that it has for them. Rows of implementations that were not run
 * stay as they are.
 *
 * @throws {Error} when the page has no such place.
 */
export function withResults(page: string, entries: readonly Entry[]): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) {
    throw new Error(`Cannot update the results: the page has no ${BEGIN}`);
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

/** How many cases passed in every way in which they apply. */
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
