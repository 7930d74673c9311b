import { startAdapter } from "../../../mod.ts";
import { GotalkImplementation } from "../deno/implementation.ts";
import { OPERATIONS } from "../deno/operations.ts";
import {
  connectEnds,
  notifyAll,
  reportOf,
  requestAll,
  TIMEOUT,
} from "../testing/adapter_checks.ts";
import { assertEquals } from "@std/assert";

const MAIN = new URL("main.ts", import.meta.url);

Deno.test({
  name: "the adapter of pages makes and handles every kind of call",
  timeout: TIMEOUT,
  fn: async () => {
    await using page = await startAdapter(
      `"${Deno.execPath()}" run --no-check -A "${MAIN.pathname}"`,
    );
    const { operations } = await page.ask("start", { protocol: 1 });
    assertEquals(operations, OPERATIONS);
    await using implementation = new GotalkImplementation();
    const [there, here] = await connectEnds(page, implementation, "websocket");
    await requestAll(...here, { operations, streams: true });
    await requestAll(...there, { operations, streams: true });
    await notifyAll(here, there);
    await notifyAll(there, here);
    await page.ask("close", { connection: there[1] });
    assertEquals((await reportOf(...here)).state, "closed");
    await page.ask("reset", {});
  },
});
