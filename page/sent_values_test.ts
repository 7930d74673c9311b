/**
 * Tests what a page prints of values that it sends and that fail after their
 * call has ended: what other peers report.
 *
 * @module
 */

import { fetchHandler } from "@gotalk/gotalk";
import { connect, type PagePeer, reconnect } from "@gotalk/gotalk/browser";
import { assertEquals, assertRejects } from "@std/assert";
import { printed } from "../peer/testing/printed.ts";
import {
  SENT_VALUES_ENDS,
  sentValues,
  valuesHandlers,
} from "../peer/testing/sent_values.ts";

/** Ways to connect. */
const WAYS = { connect, reconnect };

/** Connects to a server with handlers of values, and returns what is printed meanwhile. */
async function printedWith(
  way: keyof typeof WAYS,
  use: (page: PagePeer) => Promise<void>,
): Promise<unknown[]> {
  const handler = fetchHandler(valuesHandlers, { onEvent() {} });
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    handler,
  );
  const page = await WAYS[way](`ws://127.0.0.1:${server.addr.port}`);
  await page.request("none").catch(() => {});
  const lines = await printed(async () => {
    await use(page as PagePeer);
    await page.request("none").catch(() => {}); // Later than all of it.
    await new Promise((resolve) => setTimeout(resolve));
  });
  await page.close();
  await handler.close();
  return lines;
}

for (const way of ["connect", "reconnect"] as const) {
  for (const [how, end] of Object.entries(SENT_VALUES_ENDS)) {
    Deno.test(`a page of ${way} prints once what finally of sent values fails with when ${how}`, async () => {
      const failures: Error[] = [];
      const lines = await printedWith(way, async (page) => {
        for (
          let times = 0;
          times < (how.includes("connection") ? 1 : 2);
          times++
        ) {
          const source = sentValues((error) => {
            failures.push(error);
            throw error;
          });
          await end(page, source.values);
          await source.ended;
        }
      });
      assertEquals(lines, [
        ["error", ["The hook values failed:", failures[0]]],
      ]);
    });
  }
}

Deno.test("a page prints nothing of sent values that fail their call, or pass on why it has ended", async () => {
  const mine = new Error("expected failure of the values");
  const lines = await printedWith("connect", async (page) => {
    const failing = {
      generator: (async function* () {
        yield await Promise.resolve(1);
        throw mine;
      })(),
      stream: new ReadableStream({
        pull: (controller) => controller.error(mine),
      }),
    };
    for (const values of Object.values(failing)) {
      const all = Array.fromAsync(page.values("echo", 1, { values }));
      assertEquals(await assertRejects(() => all), mine);
    }
    const controller = new AbortController();
    const { signal } = controller;
    const { promise: waits, resolve: fail } = Promise.withResolvers<void>();
    const values = (async function* () {
      yield 1;
      await waits;
      throw signal.reason;
    })();
    const all = page.values("echo", 1, { values, signal });
    await all.next();
    controller.abort();
    await assertRejects(() => Array.fromAsync(all));
    fail();
  });
  assertEquals(lines, []);
});

Deno.test("a page awaits the promises among values that it sends", async () => {
  const lines = await printedWith("connect", async (page) => {
    const values = [Promise.resolve(1), 2];
    const all = await Array.fromAsync(page.values("echo", 1, { values }));
    assertEquals(all as unknown[], [1, 2]);
  });
  assertEquals(lines, []);
});
