import { assertEquals } from "@std/assert";
import { InboundBudget } from "./_inbound_budget.ts";
import { watch } from "./_scripted_peer.ts";
import { settled } from "./_virtual_clock.ts";

Deno.test("a queue at its limit is no reason to pause, one past it is", async () => {
  const budget = new InboundBudget(100, 1000);
  budget.changed(0, 100);
  assertEquals(budget.exceeded, false);
  await budget.room();
  budget.changed(100, 101);
  assertEquals(budget.exceeded, true);
  const room = watch(budget.room());
  await settled();
  assertEquals(room.state, "pending");
  budget.changed(101, 100);
  await settled();
  assertEquals(room.state, "resolved");
});

Deno.test("all queues together can be one past the limit", () => {
  const budget = new InboundBudget(100, 250);
  for (const bytes of [100, 100, 50]) budget.changed(0, bytes);
  assertEquals(budget.exceeded, false);
  budget.changed(50, 51);
  assertEquals(budget.exceeded, true);
  budget.changed(100, 0);
  assertEquals(budget.exceeded, false);
});

Deno.test("it waits until every queue is within its limit", async () => {
  const budget = new InboundBudget(100, 1000);
  budget.changed(0, 200);
  budget.changed(0, 200);
  const room = watch(budget.room());
  budget.changed(200, 0);
  await settled();
  assertEquals(room.state, "pending");
  budget.changed(200, 0);
  await settled();
  assertEquals(room.state, "resolved");
});

Deno.test("once it is closed, nothing is held back", async () => {
  const budget = new InboundBudget(100, 1000);
  budget.changed(0, 200);
  const room = watch(budget.room());
  budget.close();
  await settled();
  assertEquals([room.state, budget.exceeded], ["resolved", false]);
});
