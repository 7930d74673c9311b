/**
 * Runs the corpus with every implementation that can run here, and holds the outcome against what is
 * written down: the lists of what each is known to fail, the table of known faults, and the table of
 * results in the README of the suite.
 *
 * @module
 */

import { main, type Terminal } from "../conformance/main.ts";
import { htmlReport, type Report } from "../conformance/mod.ts";
import { parseArgs } from "node:util";
import faults from "../conformance/known/faults.json" with { type: "json" };
import { contestants } from "./_contestants.ts";
import { type Entry, withResults } from "./_results_table.ts";

const HELP =
  `Runs the conformance corpus with every implementation that can run here.

Usage: deno task conformance:all [options]

  --update               writes the results into conformance/README.md, which must be current otherwise
  --only NAME            only deno, go, gotalk_js, python or python_gotalk; can be repeated
  --python-gotalk DIR    a checkout of python-gotalk, which is on no registry
  --html PATH            writes a page with all results
  --reports DIR          writes a report of each, as JSON

Exit status: 0 all is as it is written down; 1 it is not; 2 the arguments are wrong.`;

const PAGE = new URL("../conformance/README.md", import.meta.url);

/** Where the commands of the suite print. */
const terminal: Terminal = {
  out: (text) => Deno.stdout.writeSync(new TextEncoder().encode(text)),
  err: (text) => Deno.stderr.writeSync(new TextEncoder().encode(text)),
  signal: new AbortController().signal,
};

interface Options {
  readonly update: boolean;
  readonly only: readonly string[] | undefined;
  readonly pythonGotalk: string | undefined;
  readonly html: string | undefined;
  readonly reports: string | undefined;
}

/** Runs all and says what is not as it is written down. */
async function judgeAll(options: Options, folder: string): Promise<string[]> {
  const wrong: string[] = [];
  const entries: Entry[] = [];
  for (
    const { key, args, remark } of await contestants({ ...options, folder })
  ) {
    if (options.only !== undefined && !options.only.includes(key)) continue;
    console.log(`# ${key}`);
    const path = `${options.reports ?? folder}/${key}.json`;
    const status = await main(
      ["run", ...args, `--report=json:${path}`],
      terminal,
    );
    if (status !== 0) wrong.push(`${key}: the run ended with status ${status}`);
    if (status !== 0 && status !== 1 && status !== 4) continue;
    const report: Report = JSON.parse(await Deno.readTextFile(path));
    entries.push({ key, report, remark });
    wrong.push(...unseenFaults(key, report));
  }
  if (options.html !== undefined) {
    const page = htmlReport(entries.map(({ report }) => report));
    await Deno.writeTextFile(options.html, page);
  }
  wrong.push(...await holdPage(entries, options.update));
  return wrong;
}

/** Faults that an implementation is known to have, but that no case shows. */
function unseenFaults(key: string, { results }: Report): string[] {
  const failed = new Set(
    results.filter(({ verdict }) => verdict === "known" || verdict === "fail")
      .map(({ id }) => id),
  );
  const ran = new Set(results.map(({ id }) => id));
  return faults.faults
    .filter(({ who, cases }) =>
      who === key && cases.some((id) => ran.has(id)) &&
      !cases.some((id) => failed.has(id))
    )
    .map(({ row, what, cases }) =>
      `${key} does not show the fault of row ${row} in ${
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
  await Deno.writeTextFile(PAGE, after);
  await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "-q", PAGE.pathname],
  })
    .output();
  return [];
}

if (import.meta.main) {
  let values;
  try {
    ({ values } = parseArgs({
      args: Deno.args,
      options: {
        "update": { type: "boolean" },
        "only": { type: "string", multiple: true },
        "python-gotalk": { type: "string" },
        "html": { type: "string" },
        "reports": { type: "string" },
        "help": { type: "boolean", short: "h" },
      },
    }));
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(2);
  }
  if (values.help) {
    console.log(HELP);
    Deno.exit(0);
  }
  const folder = await Deno.makeTempDir({ prefix: "gotalk-conformance-" });
  try {
    const wrong = await judgeAll({
      update: values.update ?? false,
      only: values.only,
      pythonGotalk: values["python-gotalk"],
      html: values.html,
      reports: values.reports,
    }, folder);
    for (const line of wrong) console.error(line);
    Deno.exitCode = wrong.length > 0 ? 1 : 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
