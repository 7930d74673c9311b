/** Checks the table of known defects against the corpus. */

import { assertEquals } from "@std/assert";
import type { CaseFile } from "../../runner/cases/case.ts";
import type { KnownFailure } from "../../runner/judging/known_failures.ts";
import statements from "../../corpus/statements.json" with { type: "json" };
import table from "./defects.json" with { type: "json" };

const corpus = new URL("../../corpus/", import.meta.url);

function cases(): CaseFile["cases"] {
  const suites = [...Deno.readDirSync(corpus)].filter((entry) =>
    entry.isDirectory && entry.name !== "schema"
  );
  return suites.flatMap(({ name: suite }) =>
    [...Deno.readDirSync(new URL(`${suite}/`, corpus))].flatMap(({ name }) =>
      (JSON.parse(
        Deno.readTextFileSync(new URL(`${suite}/${name}`, corpus)),
      ) as CaseFile).cases
    )
  );
}

Deno.test("each known defect is shown by a case, or gives the reason why none can show it", () => {
  const known = new Map(cases().map((each) => [each.id, each]));
  for (
    const { cases, because, ...defect } of table.defects as readonly Defect[]
  ) {
    assertEquals(
      cases.filter((id) => {
        const found = known.get(id);
        return found === undefined || found.withdrawn !== undefined;
      }),
      [],
      `cases of ${JSON.stringify(defect)} that are not in the corpus`,
    );
    assertEquals(
      cases.length === 0,
      because !== undefined,
      `cases or a reason, and not both: ${JSON.stringify(defect)}`,
    );
  }
});

Deno.test("each known defect breaks a statement of the protocol", () => {
  const known = new Set(statements.statements.map(({ id }) => id));
  assertEquals(
    table.defects.filter(({ statement }) => !known.has(statement)),
    [],
  );
});

Deno.test("known defects are sorted by implementation and row, and described in a sentence", () => {
  const who = ["go", "gotalk_js", "python_gotalk"];
  const defects = table.defects as readonly Defect[];
  assertEquals(
    defects,
    defects.toSorted((a, b) =>
      who.indexOf(a.who) - who.indexOf(b.who) || a.row - b.row
    ),
  );
  assertEquals(
    defects.filter(({ who: name, what }) =>
      !who.includes(name) || !/^[A-Z].*\.$/.test(what)
    ),
    [],
  );
});

Deno.test("each row that a list of known failures names is a known defect of that implementation", () => {
  const rows = new Set(table.defects.map(({ who, row }) => `${who} ${row}`));
  const lists = [...Deno.readDirSync(new URL(".", import.meta.url))]
    .map(({ name }) => name)
    .filter((name) => name.endsWith(".json") && name !== "defects.json");
  const missing = lists.flatMap((name) => {
    const entries: readonly KnownFailure[] = JSON.parse(
      Deno.readTextFileSync(new URL(name, import.meta.url)),
    );
    const who = name.replace(".json", "");
    return entries
      .filter(({ row }) => row !== undefined && !rows.has(`${who} ${row}`))
      .map((entry) => ({ name, ...entry }));
  });
  assertEquals(missing, []);
});

interface Defect {
  readonly row: number;
  readonly who: string;
  readonly what: string;
  readonly statement: string;
  readonly cases: readonly string[];
  readonly because?: string;
}
