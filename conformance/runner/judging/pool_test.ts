import { assert, assertEquals } from "@std/assert";
import { CORPUS } from "../cases/corpus.ts";
import type { CaseRun } from "../cases/expand.ts";
import { compareSimplicity } from "../cases/order.ts";
import { allRuns } from "../cases/plan.ts";
import { type Batch, isLong, Pool, workOf } from "./pool.ts";

const RUNS = allRuns(CORPUS);

/** Takes all runs of a batch, in the pieces in which a pool gives them. */
function takeAll(pool: Pool, batch: Batch): (readonly CaseRun[])[] {
  const pieces: (readonly CaseRun[])[] = [];
  for (;;) {
    const piece = pool.take(batch);
    if (piece.length === 0) return pieces;
    pieces.push(piece);
  }
}

Deno.test("each run of a pool is taken once, in the order of all runs of its batch", () => {
  const pool = new Pool(RUNS, () => undefined);
  const places = new Map(RUNS.map((run, at) => [run, at]));
  const batches = [
    "common",
    "virtual",
    "timed",
    "large",
    "busy",
    "heavy",
  ] as const satisfies readonly Batch[];
  const taken = batches.map((batch) => takeAll(pool, batch).flat());
  for (const its of taken) {
    const short = its.filter((run) => !isLong(run));
    const order = short.map((run) => places.get(run)!);
    assert(order.length > 0);
    assertEquals(order, order.toSorted((a, b) => a - b));
  }
  assertEquals(
    taken.flat().map(({ name }) => name).sort(),
    RUNS.map(({ name }) => name).sort(),
  );
  assertEquals(pool.take("waiting"), []);
  assertEquals(pool.take("ending"), []);
});

Deno.test("what is taken at a time is a small share of the work", () => {
  const work = (runs: readonly CaseRun[]) =>
    runs.reduce((sum, run) => sum + workOf(run), 0);
  const pieces = takeAll(new Pool(RUNS, () => undefined), "common").map(work);
  const all = pieces.reduce((sum, its) => sum + its);
  assert(Math.max(...pieces) < all / 20);
});

Deno.test("the runs of a case that may end the implementation are taken together", () => {
  const runs = RUNS.filter(({ name }) => name.startsWith("session/close/"));
  const pieces = takeAll(new Pool(runs, () => "end"), "ending");
  assert(pieces.length > 1);
  const ids = pieces.map((its) => new Set(its.map((run) => run.case.id)));
  const sum = ids.reduce((count, its) => count + its.size, 0);
  assertEquals(sum, new Set(runs.map((run) => run.case.id)).size);
});

Deno.test("the longest runs come early, but behind the simplest topics", () => {
  const common = takeAll(
    new Pool(
      RUNS.toSorted((a, b) => compareSimplicity(a.name, b.name)),
      () => undefined,
    ),
    "common",
  ).flat();
  const first = (is: (run: CaseRun) => boolean) => common.findIndex(is);
  const isShort = (run: CaseRun, topic: string) =>
    run.name.startsWith(topic) && !isLong(run);
  // The one works for long, the other waits.
  const long = [
    "session/lasting/stream-ids-fresh",
    "websocket/framing/open-for-seconds",
  ];
  for (const each of long) {
    const place = first(({ case: { id } }) => id === each);
    assert(place > first(({ name }) => name.startsWith("session/call/")));
    assert(place < first((run) => isShort(run, "session/exact/")));
  }
});
