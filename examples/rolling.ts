/**
 * A server of which several run behind one address, and are restarted one after
 * the other without a call that fails or waits: at SIGTERM it completes what runs
 * within ten seconds, and its clients open their next connections meanwhile.
 *
 *     deno run --allow-net=127.0.0.1 examples/rolling.ts
 *
 * @module
 */

import { Handlers, serve } from "@gotalk/gotalk";

let answered = 0;

const handlers = new Handlers()
  .handle("work", async (value: number) => {
    await sleep(1_000);
    answered++;
    return value;
  })
  .handleValues("count", async function* (to: number) {
    for (let value = 1; value <= to; value++) {
      await sleep(100);
      yield value;
    }
  })
  .handleStream("size", async (parts) => {
    let size = 0;
    for await (const part of parts) size += part.byteLength;
    return new TextEncoder().encode(`${size}`);
  });

const server = await serve({ port: 0 }, handlers);
console.log(server.address);

Deno.addSignalListener("SIGTERM", async () => {
  // What is on its way arrives within a second, also on a busy machine.
  await server.drain({ timeout: 10_000, quiet: 1_000, reason: "restart" });
  console.log(`answered ${answered} calls`);
  Deno.exit();
});

function sleep(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}
