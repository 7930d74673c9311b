import { assertEquals, assertRejects } from "@std/assert";
import type { CaseRun } from "../cases/expand.ts";
import { allRuns } from "../cases/plan.ts";
import { SMALL_CORPUS } from "../testing/codec_implementation.ts";
import { Queue } from "./_queue.ts";

const [A, B, C, D] = allRuns(SMALL_CORPUS) as [
  CaseRun,
  CaseRun,
  CaseRun,
  CaseRun,
];

/** Returns what supplies some runs at a time, and how often it was asked. */
function supplyOf(...pieces: readonly (readonly CaseRun[])[]) {
  const supply = {
    asked: 0,
    give: () => Promise.resolve(pieces[supply.asked++] ?? []),
  };
  return supply;
}

Deno.test("a queue asks for more before it has none, and once at a time", async () => {
  const supply = supplyOf([A, B, C], [D]);
  const queue = new Queue(supply.give, 2);
  assertEquals(queue.take(), undefined);
  assertEquals(queue.take(), undefined);
  assertEquals(supply.asked, 1);
  assertEquals(await queue.hasMore(), true);
  assertEquals([queue.take(), supply.asked], [A, 1]);
  assertEquals([queue.take(), supply.asked], [B, 2]);
  assertEquals([queue.take(), queue.isDry], [C, false]);
  assertEquals(await queue.hasMore(), true);
  assertEquals(queue.take(), D);
  assertEquals([await queue.hasMore(), queue.isDry], [false, true]);
  assertEquals(supply.asked, 3);
});

Deno.test("a run that is given back to a queue is the next one, also when no more are supplied", async () => {
  const queue = new Queue(supplyOf([A, B]).give, 1);
  assertEquals(await queue.hasMore(), true);
  assertEquals([queue.take(), queue.take()], [A, B]);
  assertEquals(await queue.hasMore(), false);
  queue.giveBack(B);
  queue.giveBack(A);
  assertEquals([queue.isDry, await queue.hasMore()], [false, true]);
  assertEquals([queue.take(), queue.take(), queue.take()], [A, B, undefined]);
});

Deno.test("a supply that fails is reported to whoever waits for more", async () => {
  const queue = new Queue(() => Promise.reject(new Error("gone")), 1);
  assertEquals(queue.take(), undefined);
  await assertRejects(() => queue.hasMore(), Error, "gone");
});
