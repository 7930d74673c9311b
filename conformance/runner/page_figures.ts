/**
 * Writes the figures on the page of the suite that depend on the corpus.
 *
 * `deno run -A conformance/runner/page_figures.ts` updates the page, in a checkout of the project.
 *
 * @module
 */

import { casesOf, CORPUS } from "./cases/corpus.ts";
import { isBinding } from "./cases/levels.ts";
import { allRuns, choose } from "./cases/plan.ts";
import { writePage } from "./command_line/page.ts";
import { targetShare } from "./judging/target_share.ts";
import { whyNotApplicable } from "./session/mod.ts";
import { TargetImplementation } from "./target.ts";

/** The page of the suite. */
export const PAGE: URL = new URL("../README.md", import.meta.url);

/** The width of the table in the sample of a run. */
const WIDTH = 24;

/** The cases of a run without options. */
const CASES = casesOf(CORPUS).filter(({ id, withdrawn }) =>
  withdrawn === undefined && !id.startsWith("hostile/")
);

/** Returns the page with the figures of the corpus as it is. */
export function withFigures(page: string): string {
  const all = CASES.length;
  return page
    .replace(
      /^([a-z]+) (must|should) +\d+$/gm,
      (_, suite, level) => counted(`${suite} ${level}`, casesIn(suite, level)),
    )
    .replace(/^all +\d+$/m, counted("all", all))
    .replace(
      /^cases: \d+ of \d+ that apply/m,
      `cases: ${all} of ${all} that apply`,
    )
    .replace(/^statements tested: .*, …$/m, statements())
    .replace(/^target: \d+ of [^]*? more with an adapter$/m, share());
}

function counted(title: string, count: number): string {
  return title + `${count}`.padStart(WIDTH - title.length);
}

function casesIn(suite: string, level: string): number {
  return CASES.filter((each) =>
    each.id.startsWith(`${suite}/`) && each.level === level
  ).length;
}

function statements(): string {
  const parts = (["must", "should"] as const).map((level) => {
    const all = CORPUS.statements.filter((each) => each.level === level);
    const tested = all.filter(({ id }) =>
      CASES.some(({ spec, level: binding }) =>
        spec.includes(id) && isBinding(binding, level)
      )
    );
    return `${tested.length} of ${all.length} at level ${level}`;
  });
  return `statements tested: ${parts.join(", ")}, …`;
}

/** Returns how many cases apply to a server of which nothing is known. */
function share(): string {
  const target = new TargetImplementation("tcp://127.0.0.1:1");
  const runs = choose(allRuns(CORPUS));
  const applying = runs.filter((run) =>
    run.kind === "session" &&
    whyNotApplicable(run, target, target.description) === undefined &&
    target.whyUnfit(run.case, run.over) === undefined
  );
  const { applied, cases, more, adapter } = targetShare(
    runs,
    applying.map(({ case: { id } }) => ({ id, verdict: "pass" })),
    target.description,
    (session, over) => target.whyUnfit(session, over),
  );
  const percent = (100 * applied / cases).toFixed(1);
  return [
    `target: ${applied} of ${cases} cases for servers over tcp apply (${percent} %)`,
    ...more.slice(0, 3).map((each) => `  ${each.cases} more with ${each.with}`),
    "  …",
    `  ${adapter} more with an adapter`,
  ].join("\n");
}

if (import.meta.main) {
  await writePage(PAGE, withFigures(await Deno.readTextFile(PAGE)));
}
