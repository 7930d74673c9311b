import { assert, assertEquals } from "@std/assert";
import manifest from "../../corpus/manifest.json" with { type: "json" };
import { CORPUS, findCase } from "../cases/corpus.ts";
import { LEVEL_RANKS } from "../cases/levels.ts";

const page = await Deno.readTextFile(
  new URL("../../corpus/breaks.md", import.meta.url),
);

/** The rows of the table: statement, level, break, cases. */
const rows = new Map(
  page.split("\n").filter((line) => /^\| [a-z0-9]+\//.test(line))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()))
    .map(([statement = "", ...cells]) => [statement, cells] as const),
);

Deno.test("the page of breaks has a row for each binding statement, and no other", () => {
  const binding = CORPUS.statements.filter(({ level }) =>
    LEVEL_RANKS[level] >= LEVEL_RANKS.should
  );
  assertEquals([...rows.keys()], binding.map(({ id }) => id));
  for (const { id, level } of binding) assertEquals(rows.get(id)![0], level);
});

Deno.test("each row of the page of breaks names cases, one of them at the level of its statement", () => {
  const untestable: Readonly<Record<string, string>> = manifest.untestable;
  for (const { id: statement, level } of CORPUS.statements) {
    const row = rows.get(statement);
    if (row === undefined || statement in untestable) continue;
    const ids = [...row[2]!.matchAll(/`([^`]+)`/g)].map(([, id]) => id!);
    const cases = ids.map((id) => findCase(CORPUS, id));
    for (const [at, found] of cases.entries()) {
      assert(found !== undefined, `${statement}: there is no ${ids[at]}`);
    }
    assert(
      cases.some((found) =>
        found!.spec.includes(statement) &&
        LEVEL_RANKS[found!.level] >= LEVEL_RANKS[level]
      ),
      `${statement}: no case at its level names it`,
    );
  }
});
