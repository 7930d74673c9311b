import { assertEquals } from "@std/assert";
import { casesOf, CORPUS } from "../runner/cases/corpus.ts";
import { MUTANTS } from "./mutants.ts";
import { assign, KILLERS } from "./recorded.ts";

Deno.test("what is recorded names mutants and cases that exist", () => {
  const known = new Map(
    MUTANTS.map(({ suite, mutants }) =>
      [suite as string, new Set(mutants.map(({ name }) => name))] as const
    ),
  );
  const cases = new Set(
    casesOf(CORPUS).filter(({ withdrawn }) => withdrawn === undefined)
      .map(({ id }) => id),
  );
  const unknown = Object.entries(KILLERS).flatMap(([suite, mutants]) =>
    Object.entries(mutants).flatMap(([name, ids]) => [
      ...known.get(suite)?.has(name) ? [] : [name],
      ...ids.filter((id) => !cases.has(id)),
    ])
  );
  assertEquals(unknown, []);
});

const [ONE, TWO] = ["one", "two"].map((name) => ({
  suite: "codec" as const,
  mutant: { name, does: "", edits: [] },
}));

Deno.test("each mutant is assigned the cases that kill fewest others, and each case one mutant", () => {
  const recorded = {
    codec: { one: ["a", "b", "c", "d"], two: ["a", "b", "e", "f"] },
  };
  const plan = assign([ONE!, TWO!], ["a", "b", "c", "f", "g"], recorded);
  assertEquals(plan.get(ONE!), ["c", "d", "a"]);
  assertEquals(plan.get(TWO!), ["e", "f", "b"]);
});
