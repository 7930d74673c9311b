/** Holds the table of known faults against the corpus that it speaks of. */

import { assertEquals } from "@std/assert";
import type { CaseFile } from "../../runner/cases/case.ts";
import statements from "../../corpus/statements.json" with { type: "json" };
import table from "./faults.json" with { type: "json" };

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

Deno.test("each known fault is shown by a case, or it is said why none can", () => {
  const known = new Map(cases().map((each) => [each.id, each]));
  for (const { cases, because, ...fault } of table.faults as readonly Fault[]) {
    assertEquals(
      cases.filter((id) => {
        const found = known.get(id);
        return found === undefined || found.withdrawn !== undefined;
      }),
      [],
      `cases of ${JSON.stringify(fault)} that are not in the corpus`,
    );
    assertEquals(
      cases.length === 0,
      because !== undefined,
      `cases or a reason, and not both: ${JSON.stringify(fault)}`,
    );
  }
});

Deno.test("each known fault breaks a statement of the protocol", () => {
  const known = new Set(statements.statements.map(({ id }) => id));
  assertEquals(
    table.faults.filter(({ statement }) => !known.has(statement)),
    [],
  );
});

Deno.test("known faults are sorted by implementation and row, and told in a sentence", () => {
  const who = ["go", "gotalk_js", "python_gotalk"];
  const faults = table.faults as readonly Fault[];
  assertEquals(
    faults,
    faults.toSorted((a, b) =>
      who.indexOf(a.who) - who.indexOf(b.who) || a.row - b.row
    ),
  );
  assertEquals(
    faults.filter(({ who: name, what }) =>
      !who.includes(name) || !/^[A-Z].*\.$/.test(what)
    ),
    [],
  );
});

interface Fault {
  readonly row: number;
  readonly who: string;
  readonly what: string;
  readonly statement: string;
  readonly cases: readonly string[];
  readonly because?: string;
}
