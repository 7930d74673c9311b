import { assertEquals } from "@std/assert";
import { campaign } from "./campaign.ts";
import { cover } from "./coverage.ts";
import { chosenRuns } from "./runs.ts";
import { SUBJECTS } from "./subjects.ts";

Deno.test("a run reaches what the adapter makes once, whatever ran before it", async () => {
  const path = await Deno.makeTempDir();
  try {
    const subject = await SUBJECTS.library.make(new URL(`file://${path}/`));
    const runs = chosenRuns({
      only: "extensions/operations/listed-{notifications,stream}/*/over:tcp",
    });
    const coverage = await cover(subject, runs, { jobs: 1 });
    const numbered = [...subject.points.entries()];
    const numbersOf = (part: string) =>
      numbered.filter(([, { id }]) => id.includes(part))
        .map(([number]) => number);
    for (const number of numbersOf("/operation_list.ts:listOf:text:")) {
      assertEquals(coverage.reaching.get(number)?.length, runs.length);
    }
    // With the first of them, all runs pass.
    const numbers = [
      ...numbersOf("/operation_list.ts:describeOperation:text:"),
      ...numbersOf("/operation_schemas.ts:keepSchemas:drop:"),
    ];
    const fates = await campaign(subject, coverage, numbers, {
      jobs: 1,
      finds: 1,
    });
    assertEquals(fates[0]?.status, "survived");
    assertEquals(fates.at(-1)?.status, "killed");
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});
