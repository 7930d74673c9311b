import { assertEquals } from "@std/assert";
import type { Report, Verdict } from "../../runner/judging/report.ts";
import { withResults } from "./_results_table.ts";

const EMPTY =
  "<!-- results: deno task conformance:all --update -->\n<!-- end of results -->\n";

/** A page with one row: `passing` of 200 codec cases pass, and the others are known to fail. */
function page(before: string, passing: number, all = 200): string {
  const results = Array.from({ length: all }, (_, index) => ({
    id: `codec/${index}`,
    name: `codec/${index}`,
    suite: "codec",
    verdict: (index < passing ? "pass" : "known") satisfies Verdict,
  }));
  const report = {
    implementation: { name: "x", version: "1.0.0", language: "go" },
    results,
  } as unknown as Report;
  return withResults(before, [{ key: "x", report }]);
}

Deno.test("the table of results has how many cases pass, and how many are known to fail", () => {
  const row = page(EMPTY, 150).split("\n").find((line) => line.includes("x 1"));
  assertEquals(row?.split(" | ").slice(1, 3), ["150 of 200", "–"]);
  assertEquals(row?.endsWith("| [50](implementations/known/x.json) |"), true);
});

Deno.test("a row stands while all but a few known failures fail as they did", () => {
  const recorded = page(EMPTY, 150);
  for (const same of [149, 150, 151]) {
    assertEquals(page(recorded, same), recorded, `${same}`);
  }
  for (const [passing, all] of [[140, 200], [160, 200], [150, 201]] as const) {
    assertEquals(page(recorded, passing, all) === recorded, false);
  }
});

Deno.test("a row without known failures is always that of the last run", () => {
  const whole = page(EMPTY, 200);
  assertEquals(page(whole, 200), whole);
  assertEquals(page(whole, 199) === whole, false);
  assertEquals(page(page(EMPTY, 199), 200), whole);
});
