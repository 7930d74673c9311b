import { assert, assertEquals } from "@std/assert";
import { findProgram, needing } from "../../../scripts/find_program.ts";
import { START } from "./hunt.ts";
import { PAGE, page } from "./page.ts";
import { RECORDS, sampled, type SubjectRecord } from "./record.ts";
import { chosenRuns } from "./runs.ts";
import { type SubjectName, SUBJECTS } from "./subjects.ts";

/** The share of a sample that may lack a record: the gate hunts the others as if they were new. */
const MOST_UNRECORDED = 1 / 10;

const python = await findProgram(["python3"], "--version");

const RUNS = new Set([START, ...chosenRuns().map(({ name }) => name)]);

/** The identifiers of the sample that have no record of use. */
async function unrecorded(subject: SubjectName): Promise<string[]> {
  const points = await SUBJECTS[subject].list();
  const { killers }: SubjectRecord = RECORDS[subject];
  const isRecorded = (id: string) =>
    killers[id]?.length === 0 || killers[id]?.some((run) => RUNS.has(run));
  const numbers = sampled(points, subject);
  const ids = numbers.map((number) => points[number]!.id)
    .filter((id) => !isRecorded(id));
  return ids.length <= MOST_UNRECORDED * numbers.length ? [] : ids;
}

const STALE = "the record is stale: run deno task mutants:operators --update";

Deno.test("most mutants of the sample have a record, of runs that exist", async () => {
  assertEquals(await unrecorded("library"), [], STALE);
});

Deno.test(needing({ python }, {
  name: "most mutants of the sample of the peer in Python have a record",
  async fn() {
    assertEquals(await unrecorded("python"), [], STALE);
  },
}));

Deno.test("the page says what is recorded", async () => {
  const squeeze = (text: string) => text.replace(/[\s-]+/g, "");
  const written = squeeze(await Deno.readTextFile(PAGE));
  for (const paragraph of page(RECORDS).split("\n\n")) {
    assert(written.includes(squeeze(paragraph)), `${STALE}: ${paragraph}`);
  }
});
