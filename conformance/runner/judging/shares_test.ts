import { assert, assertEquals } from "@std/assert";
import { CORPUS } from "../cases/corpus.ts";
import { allRuns } from "../cases/plan.ts";
import { divide, workOf } from "./shares.ts";

const RUNS = allRuns(CORPUS);

Deno.test("each run is in one share, in the order of all runs", () => {
  for (const count of [1, 2, 3]) {
    const shares = divide(RUNS, count, () => undefined);
    assertEquals(shares.length, count);
    const places = new Map(RUNS.map((run, at) => [run, at]));
    for (const share of shares) {
      const order = share.map((run) => places.get(run)!);
      assertEquals(order, order.toSorted((a, b) => a - b));
    }
    assertEquals(
      shares.flat().map(({ name }) => name).sort(),
      RUNS.map(({ name }) => name).sort(),
    );
  }
});

Deno.test("shares are about the same work, and always the same", () => {
  const shares = divide(RUNS, 2, () => undefined);
  const [one, two] = shares.map((share) =>
    share.reduce((sum, run) => sum + workOf(run), 0)
  );
  assert(Math.abs(one! - two!) < 0.02 * (one! + two!));
  assertEquals(
    divide(RUNS, 2, () => undefined).map((share) => share.length),
    shares.map((share) => share.length),
  );
});

Deno.test("the runs of a case that may end the implementation are in one share", () => {
  const runs = RUNS.filter(({ name }) => name.startsWith("session/close/"));
  const shares = divide(runs, 2, () => "end");
  const [one, two] = shares.map((share) =>
    new Set(share.map((run) => run.case.id))
  );
  assert(one!.size > 0 && two!.size > 0);
  assertEquals(one!.intersection(two!).size, 0);
});
