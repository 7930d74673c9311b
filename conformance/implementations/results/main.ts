/**
 * Runs the corpus against every implementation that can run here, and compares the results with what is
 * recorded: the lists of known failures, the table of known defects, and the table of results in the README
 * of the suite.
 *
 * @module
 */

import { parseArguments } from "../../runner/command_line/arguments.ts";
import {
  type Command,
  runCommand,
  type Terminal,
  unlessInterrupted,
} from "../../runner/command_line/command.ts";
import { writePage } from "../../runner/command_line/page.ts";
import {
  readReport,
  reportFile,
} from "../../runner/command_line/report_files.ts";
import { processTerminal } from "../../runner/command_line/terminal.ts";
import known from "../known/defects.json" with { type: "json" };
import { main } from "../../main.ts";
import type { Report, Verdict } from "../../runner/judging/report.ts";
import { REPORTS } from "../../runner/reports/mod.ts";
import { availableImplementations } from "./_implementations.ts";
import { type Entry, withResults } from "./_results_table.ts";

const PAGE = new URL("../../README.md", import.meta.url);

const command: Command = {
  name: "run all",
  summary: "run the corpus against every implementation that can run here",
  help: `Usage: deno task conformance:all [options]

Runs the corpus, at level should, against the library of this project and its script for pages; if Go is
installed, against the Go reference and gotalk.js; and if a JDK or Python is installed, against the peer in Java
or in Python. Compares the results with what is recorded: the lists of known failures, the table of known
defects, and the table in conformance/README.md.

Options:
  --update               Write the results to conformance/README.md
  --only NAME            Run only deno, page, go, gotalk_js, java, python or python_gotalk (repeatable)
  --python-gotalk DIR    Run a checkout of python-gotalk as well, which is on no registry
  --html PATH            Write a page with all results
  --reports DIR          Write the reports to a folder, as JSON

Exit status: 0 if the results are as recorded; 1 if they are not; 2 if the arguments are wrong; 130 if
the program was interrupted.`,
  async run(args, terminal) {
    const { text, texts, flags } = parseArguments(args, {
      text: ["python-gotalk", "html", "reports"],
      texts: ["only"],
      flags: ["update"],
    });
    const folder = await Deno.makeTempDir({ prefix: "gotalk-conformance-" });
    try {
      const wrong = await judgeAll({
        update: flags.has("update"),
        only: texts.only,
        pythonGotalk: text["python-gotalk"],
        html: text.html,
        reports: text.reports ?? folder,
        folder,
      }, terminal);
      for (const line of wrong) terminal.err(`${line}\n`);
      return unlessInterrupted(wrong.length > 0 ? 1 : 0, terminal);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
};

interface Options {
  readonly update: boolean;
  readonly only: readonly string[] | undefined;
  readonly pythonGotalk: string | undefined;
  readonly html: string | undefined;
  /** The folder for reports. */
  readonly reports: string;
  /** The folder for programs that are built. */
  readonly folder: string;
}

/** Runs all implementations, and returns what differs from what is recorded. */
async function judgeAll(
  options: Options,
  terminal: Terminal,
): Promise<string[]> {
  const wrong: string[] = [];
  const entries: Entry[] = [];
  const { only, reports } = options;
  for (const { key, runs, remark } of await availableImplementations(options)) {
    if (only !== undefined && !only.includes(key)) continue;
    terminal.out(`# ${key}\n`);
    const path = `${reports}/${key}.json`;
    const made: Report[] = [];
    for (const args of runs) {
      const status = await main(
        ["run", ...args, `--report=json:${path}`],
        terminal,
      );
      if (status !== 0) {
        wrong.push(`${key}: the run ended with status ${status}`);
      }
      // Other runs write no report.
      if (status !== 0 && status !== 1 && status !== 4) continue;
      made.push(await readReport(path));
    }
    if (terminal.signal.aborted) return wrong;
    // Of some of its runs, a row would look like one of all.
    const [first] = made;
    if (first === undefined || made.length < runs.length) continue;
    const report = {
      ...first,
      results: made.flatMap(({ results }) => results),
    };
    await Deno.writeTextFile(path, REPORTS.json.make([report]));
    entries.push({ key, report, remark });
    wrong.push(...unseenDefects(key, report));
  }
  if (options.html !== undefined) {
    const page = reportFile(`html:${options.html}`);
    await page.write(entries.map(({ report }) => report));
  }
  wrong.push(...await comparePage(entries, options.update));
  return wrong;
}

/** The verdicts of a case that shows a defect: `weak` where the behaviour is acceptable, but not the best. */
const SHOWING: readonly Verdict[] = ["known", "fail", "weak"];

/** The defects that an implementation is known to have, but that no case shows. */
function unseenDefects(key: string, { results }: Report): string[] {
  const failed = new Set(
    results.filter(({ verdict }) => SHOWING.includes(verdict))
      .map(({ id }) => id),
  );
  const ran = new Set(results.map(({ id }) => id));
  return known.defects
    .filter(({ who, cases }) =>
      who === key && cases.some((id) => ran.has(id)) &&
      !cases.some((id) => failed.has(id))
    )
    .map(({ row, what, cases }) =>
      `${key} does not show the defect of row ${row} in ${
        cases.join(", ")
      }: ${what}`
    );
}

/** Compares the page with the results, or writes them to it. */
async function comparePage(
  entries: readonly Entry[],
  update: boolean,
): Promise<string[]> {
  const before = await Deno.readTextFile(PAGE);
  const after = withResults(before, entries);
  const same = (page: string) => page.replace(/ +|-{2,}/g, " ");
  if (same(before) === same(after)) return [];
  if (!update) {
    return ["conformance/README.md is out of date: see --update"];
  }
  await writePage(PAGE, after);
  return [];
}

if (import.meta.main) {
  Deno.exit(await runCommand(command, Deno.args, processTerminal()));
}
