/** Checks that the sample of a run on the page of the suite has the numbers of the corpus. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { casesOf, CORPUS } from "./runner/cases/corpus.ts";
import { isBinding } from "./runner/cases/levels.ts";
import { allRuns, choose } from "./runner/cases/plan.ts";
import { targetShare } from "./runner/judging/target_share.ts";
import { whyNotApplicable } from "./runner/session/mod.ts";
import { TargetImplementation } from "./runner/target.ts";

const PAGE = await Deno.readTextFile(new URL("README.md", import.meta.url));

/** The cases of a run without options. */
const CASES = casesOf(CORPUS).filter(({ id, withdrawn }) =>
  withdrawn === undefined && !id.startsWith("hostile/")
);

Deno.test("the page of the suite shows how many cases there are", () => {
  const rows = Array.from(
    PAGE.matchAll(/^([a-z]+) (must|should) +(\d+)$/gm),
    ([, suite, level, count]) => [suite, level, Number(count)] as const,
  );
  assertEquals(rows.map(([suite, level]) => `${suite} ${level}`), [
    "codec should",
    "codec must",
    "session must",
  ]);
  for (const [suite, level, count] of rows) {
    const wanted = CASES.filter((each) =>
      each.id.startsWith(`${suite}/`) && each.level === level
    );
    assertEquals(count, wanted.length, `${suite} ${level}`);
  }
  const all = CASES.length;
  assertEquals(/^all +(\d+)$/m.exec(PAGE)?.[1], `${all}`);
  assertStringIncludes(
    PAGE,
    `\ncases: ${all} of ${all} that apply pass in every run\n`,
  );
});

Deno.test("the page of the suite shows how many statements there are", () => {
  const tested = (level: "must" | "should") =>
    CORPUS.statements.filter((statement) =>
      statement.level === level &&
      CASES.some(({ spec, level: binding }) =>
        spec.includes(statement.id) && isBinding(binding, level)
      )
    ).length;
  const parts = (["must", "should"] as const).map((level) => {
    const all = CORPUS.statements.filter((each) => each.level === level);
    return `${tested(level)} of ${all.length} at level ${level}`;
  });
  assertStringIncludes(PAGE, `\nstatements tested: ${parts.join(", ")}, …\n`);
});

Deno.test("the page of the suite shows how many cases apply to a server", () => {
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
  assertStringIncludes(
    PAGE,
    [
      `target: ${applied} of ${cases} cases for servers over tcp apply (${
        (100 * applied / cases).toFixed(1)
      } %)`,
      ...more.slice(0, 3).map((each) =>
        `  ${each.cases} more with ${each.with}`
      ),
      "  …",
      `  ${adapter} more with an adapter`,
    ].join("\n"),
  );
});
