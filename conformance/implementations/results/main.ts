/**
 * Runs the corpus with every implementation that can run here, and holds the outcome against what is
 * written down: the lists of what each is known to fail, the table of known defects, and the table of
 * results in the README of the suite.
 *
 * @module
 */

import { parseArguments } from "../../runner/commands/_arguments.ts";
import {
  carryOut,
  type Command,
  type Terminal,
} from "../../runner/commands/_command.ts";
import { writePage } from "../../runner/commands/_page.ts";
import { readReport, reportFile } from "../../runner/commands/_report_files.ts";
import { processTerminal } from "../../runner/commands/_terminal.ts";
import known from "../known/defects.json" with { type: "json" };
import { main } from "../../main.ts";
import type { Report, Verdict } from "../../runner/judging/report.ts";
import { availableImplementations } from "./_implementations.ts";
import { type Entry, withResults } from "./_results_table.ts";

const PAGE = new URL("../../README.md", import.meta.url);

const command: Command = {
  name: "judge all",
  summary: "run the corpus with every implementation that can run here",
  help: `Usage: deno task conformance:all [options]

Runs the corpus with this package, and where Go and Python are installed, with the Go reference, its
gotalk.js, and the peer in Python beside its adapter. Holds the outcome against what is written down: the
lists of what each is known to fail, the table of known defects, and the results in conformance/README.md.

  --update               writes the results into conformance/README.md
  --only NAME            only deno, go, gotalk_js, python or python_gotalk; can be repeated
  --python-gotalk DIR    a checkout of python-gotalk as well, which is on no registry
  --html PATH            writes a page with all results
  --reports DIR          writes a report of each into a folder, as JSON

Exit status: 0 all is as it is written down; 1 it is not; 2 the arguments are wrong.`,
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
      return wrong.length > 0 ? 1 : 0;
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
  /** Where reports go. */
  readonly reports: string;
  /** Where programs are built. */
  readonly folder: string;
}

/** Runs all and says what is not as it is written down. */
async function judgeAll(
  options: Options,
  terminal: Terminal,
): Promise<string[]> {
  const wrong: string[] = [];
  const entries: Entry[] = [];
  const { only, reports } = options;
  for (const { key, args, remark } of await availableImplementations(options)) {
    if (only !== undefined && !only.includes(key)) continue;
    terminal.out(`# ${key}\n`);
    const path = `${reports}/${key}.json`;
    const status = await main(
      ["run", ...args, `--report=json:${path}`],
      terminal,
    );
    if (status !== 0) wrong.push(`${key}: the run ended with status ${status}`);
    // Of other runs there is no report.
    if (status !== 0 && status !== 1 && status !== 4) continue;
    const report = await readReport(path);
    entries.push({ key, report, remark });
    wrong.push(...unseenDefects(key, report));
  }
  if (options.html !== undefined) {
    const page = reportFile(`html:${options.html}`);
    await page.write(entries.map(({ report }) => report));
  }
  wrong.push(...await holdPage(entries, options.update));
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

/** Holds the page against the results, or writes them into it. */
async function holdPage(
  entries: readonly Entry[],
  update: boolean,
): Promise<string[]> {
  const before = await Deno.readTextFile(PAGE);
  const after = withResults(before, entries);
  const same = (page: string) => page.replace(/ +|-{2,}/g, " ");
  if (same(before) === same(after)) return [];
  if (!update) {
    return ["conformance/README.md is not current: see --update"];
  }
  await writePage(PAGE, after);
  return [];
}

if (import.meta.main) {
  Deno.exit(await carryOut(command, Deno.args, processTerminal()));
}
