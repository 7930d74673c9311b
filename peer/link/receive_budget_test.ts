import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ReceiveBudget } from "./receive_budget.ts";
import { ReceivedParts } from "./received_parts.ts";
import { openAccount } from "../testing/memory_account.ts";
import { watch } from "../testing/scripted_peer.ts";
import { settled, VirtualClock } from "../testing/virtual_clock.ts";
import { MemoryTotal } from "../memory_total.ts";

Deno.test("a receive budget is exceeded by a queue above its limit, not by one at it (limits/unread)", async () => {
  const budget = new ReceiveBudget(100, 1000, openAccount());
  budget.changed(0, 100);
  assertEquals(budget.exceeded, false);
  await budget.available();
  budget.changed(100, 101);
  assertEquals(budget.exceeded, true);
  const room = watch(budget.available());
  await settled();
  assertEquals(room.state, "pending");
  budget.changed(101, 100);
  await settled();
  assertEquals(room.state, "resolved");
});

Deno.test("a receive budget is exceeded by all queues together above the total limit (limits/unread)", () => {
  const budget = new ReceiveBudget(100, 250, openAccount());
  for (const bytes of [100, 100, 50]) budget.changed(0, bytes);
  assertEquals(budget.exceeded, false);
  budget.changed(50, 51);
  assertEquals(budget.exceeded, true);
  budget.changed(100, 0);
  assertEquals(budget.exceeded, false);
});

Deno.test("a receive budget is available only when every queue is within its limit", async () => {
  const budget = new ReceiveBudget(100, 1000, openAccount());
  budget.changed(0, 200);
  budget.changed(0, 200);
  const room = watch(budget.available());
  budget.changed(200, 0);
  await settled();
  assertEquals(room.state, "pending");
  budget.changed(200, 0);
  await settled();
  assertEquals(room.state, "resolved");
});

Deno.test("a closed receive budget is never exceeded", async () => {
  const budget = new ReceiveBudget(100, 1000, openAccount());
  budget.changed(0, 200);
  const room = watch(budget.available());
  budget.close();
  await settled();
  assertEquals([room.state, budget.exceeded], ["resolved", false]);
});

/** A budget of an account that may hold 100,000 bytes, of a total that is short above 200,000. */
function openBudget() {
  const total = new MemoryTotal(400_000);
  const clock = new VirtualClock();
  const account = openAccount({ total, maxBytes: 100_000, clock });
  const budget = new ReceiveBudget(100, 1000, account);
  return { account, budget, clock, total };
}

Deno.test("a pause that began for unread data continues for memory, and ends a second later", async () => {
  const { account, budget, clock } = openBudget();
  budget.changed(0, 200);
  const room = watch(budget.available());
  account.work(200_000);
  budget.changed(200, 0);
  await clock.advance(999);
  assertEquals(room.state, "pending");
  await clock.advance(1);
  assertEquals(room.state, "resolved");
  account.close();
});

Deno.test("a pause that began for a login continues for memory, and ends when that is released", async () => {
  const { account, budget, clock } = openBudget();
  budget.hold();
  const room = watch(budget.available());
  account.work(200_000);
  budget.release();
  await settled();
  assertEquals(room.state, "pending");
  account.work(-200_000);
  await settled();
  assertEquals([room.state, clock.timers], ["resolved", 0]);
});

Deno.test("a pause that began for memory continues for unread data", async () => {
  const { account, budget, clock } = openBudget();
  account.work(200_000);
  const room = watch(budget.available());
  budget.changed(0, 200);
  account.work(-200_000);
  await clock.advance(2000);
  assertEquals(room.state, "pending");
  budget.changed(200, 0);
  await settled();
  assertEquals([room.state, clock.timers], ["resolved", 0]);
});

Deno.test("a pause that began for memory of all connections continues for that of its own, and ends a second later", async () => {
  const { account, budget, clock, total } = openBudget();
  const other = openAccount({ total });
  account.work(90_000);
  other.work(200_000);
  const room = watch(budget.available());
  account.work(20_000);
  other.work(-200_000);
  await clock.advance(999);
  assertEquals(room.state, "pending");
  await clock.advance(1);
  assertEquals(room.state, "resolved");
  account.close();
  assertEquals(clock.timers, 0);
});

Deno.test("a pause that began for memory of its own connection continues for that of all, and ends with a turn", async () => {
  const { account, budget, clock, total } = openBudget();
  const other = openAccount({ total });
  other.work(200_000);
  account.work(120_000);
  const room = watch(budget.available());
  await settled();
  account.work(-40_000);
  await settled();
  assertEquals(room.state, "pending");
  other.work(-200_000);
  await settled();
  assertEquals([room.state, clock.timers], ["resolved", 0]);
});

Deno.test("property: a receive budget is exceeded exactly if one queue or all queues are above their limit, and charges at least what is queued", async () => {
  const queue = fc.nat(2);
  const act = fc.oneof(
    fc.record({
      kind: fc.constant("push"),
      queue,
      size: fc.integer({ min: 1, max: 400 }),
    }),
    fc.record({
      kind: fc.constantFrom("read", "end", "fail", "cancel"),
      queue,
      size: fc.constant(0),
    }),
  );
  const limits = fc.record({ perQueue: fc.nat(5000), inAll: fc.nat(10_000) });
  const acts = fc.array(act, { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(limits, acts, async ({ perQueue, inAll }, acts) => {
      const budget = new ReceiveBudget(perQueue, inAll, openAccount());
      // The queued and the charged bytes of each queue.
      const models = [0, 1, 2].map(() => ({ queued: 0, charged: 0 }));
      const queues = models.map((model) => {
        const counting = {
          changed(before: number, after: number) {
            assertEquals(before, model.charged);
            model.charged = after;
            budget.changed(before, after);
          },
        } as ReceiveBudget;
        return new ReceivedParts(counting, () => {});
      });
      const readers = queues.map(({ readable }) => readable.getReader());
      const over = new Set<number>();
      for (const { kind, queue, size } of acts) {
        const model = models[queue]!;
        if (kind === "push") {
          queues[queue]!.push(new Uint8Array(size));
          if (!over.has(queue)) model.queued += size;
        } else if (kind === "read") {
          // The next part would be delivered to a waiting read without being counted.
          if (model.queued === 0) continue;
          const { value } = await readers[queue]!.read();
          model.queued -= value!.byteLength;
        } else {
          if (kind === "end") queues[queue]!.end();
          else if (kind === "fail") {
            queues[queue]!.fail(new Error("enough"));
            await readers[queue]!.closed.catch(() => {});
            model.queued = 0;
          } else {
            await readers[queue]!.cancel().catch(() => {});
            model.queued = 0;
          }
          over.add(queue);
        }
        for (const { queued, charged } of models) {
          assert(charged >= queued);
          // In proportion, so that the limits hold back no more than they must.
          assert(charged <= queued * 4 + 4 * 512, `${charged} for ${queued}`);
          if (queued === 0) assertEquals(charged, 0);
        }
        const total = models.reduce((sum, { charged }) => sum + charged, 0);
        assertEquals(
          budget.exceeded,
          models.some(({ charged }) => charged > perQueue) || total > inAll,
        );
      }
      for (const reader of readers) await reader.cancel().catch(() => {});
      assertEquals(budget.exceeded, false);
    }),
  );
});
