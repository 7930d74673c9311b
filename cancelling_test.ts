import { assertEquals, assertLess } from "@std/assert";
import { connect, Handlers, serve } from "./mod.ts";
import { MemoryBudget, memoryTotal } from "./peer/memory_budget.ts";
import { memoryInUse } from "./peer/testing/memory_in_use.ts";

Deno.test("10,000 subscriptions that are opened and left leave nothing behind on either side", async () => {
  let [started, stopped] = [0, 0];
  const handlers = new Handlers().handleValues(
    "ticks",
    async function* (_input, { signal }) {
      started++;
      const gone = new Promise<void>((resolve) =>
        signal.addEventListener("abort", () => resolve())
      );
      try {
        yield* [0, 1, 2, 3];
        await gone;
      } finally {
        stopped++;
      }
    },
    { subscription: true },
  );
  const memory = new MemoryBudget();
  await using server = await serve({ memory }, handlers);
  await using client = await connect(server.address, { memory });
  const subscribe = async () => {
    for await (const tick of client.values("ticks")) {
      assertEquals(tick, 0);
      break;
    }
  };
  await subscribe();
  // The answer to the first cancel shows that the server knows them, however
  // busy the process is with what follows.
  await client.requestText("none", "").catch(() => {});
  const before = memoryInUse();
  // Many at once: each place that is left is used again at once.
  for (let n = 0; n < 10; n++) {
    await Promise.all(Array.from({ length: 1_000 }, subscribe));
  }
  // All answers have arrived when a later one has.
  await subscribe();
  await client.requestText("none", "").catch(() => {});
  assertEquals([started, stopped], [10_002, 10_002]);
  for (const { stats } of [client, server]) {
    const { pending, running, abandoned } = stats;
    assertEquals([pending, running, abandoned], [0, 0, 0]);
  }
  assertEquals(server.stats.cancelsIn, 10_002);
  assertEquals(client.stats.cancelsOut, 10_002);
  const { heldBytes, workingBytes } = memoryTotal(memory);
  assertEquals([heldBytes, workingBytes], [0, 0]);
  assertLess(memoryInUse() - before, 4 * 1024 * 1024);
});
