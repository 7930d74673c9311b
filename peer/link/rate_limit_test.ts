import { assertEquals } from "@std/assert";
import { IdleBudget } from "./rate_limit.ts";
import { VirtualClock } from "../testing/virtual_clock.ts";

/** How many tokens there are. */
function count(budget: IdleBudget): number {
  let taken = 0;
  while (taken < 100_000 && budget.take()) taken++;
  return taken;
}

Deno.test("so many at once, and so many per second in the long run", async () => {
  const clock = new VirtualClock();
  const budget = new IdleBudget(clock, 100, 10);
  assertEquals(count(budget), 100);
  await clock.advance(1000);
  assertEquals(count(budget), 10);
  await clock.advance(50);
  assertEquals(count(budget), 0);
  await clock.advance(50);
  assertEquals(count(budget), 1);
});

Deno.test("no more is saved up than can come at once", async () => {
  const clock = new VirtualClock();
  const budget = new IdleBudget(clock, 100, 10);
  assertEquals(count(budget), 100);
  await clock.advance(1e9);
  assertEquals(count(budget), 100);
});

Deno.test("one that is not exceeded earns as time goes by", async () => {
  const clock = new VirtualClock();
  const budget = new IdleBudget(clock, 10, 1);
  for (let second = 0; second < 100; second++) {
    assertEquals(budget.take(), true);
    await clock.advance(1000);
  }
});

Deno.test("Infinity switches it off", () => {
  for (const [burst, rate] of [[Infinity, 1], [1, Infinity]] as const) {
    const budget = new IdleBudget(new VirtualClock(), burst, rate);
    assertEquals(count(budget), 100_000);
  }
});
