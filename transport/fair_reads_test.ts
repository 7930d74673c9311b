import { assertEquals, assertLess } from "@std/assert";
import type { Channel } from "./channel.ts";
import { connChannel } from "./_conn_channel.ts";
import { connectTcp, listenTcp } from "./tcp.ts";
import { WriteUnits } from "./write_units.ts";

const MIB = 1024 * 1024;

/** Keeps the program busy, as handlers do. */
function work(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

Deno.test("timers have their turn while a channel has always more to read", async () => {
  const channel = connChannel({
    // At once, for as long as one asks.
    read: (room) => Promise.resolve(room.byteLength),
    write: ({ byteLength }) => Promise.resolve(byteLength),
    closeWrite: () => Promise.resolve(),
    close: () => {},
  }, { transport: "tcp", secure: false });
  let fired = false;
  setTimeout(() => fired = true, 0);
  let reads = 0;
  while (!fired) {
    assertLess(++reads, 10_000, "the timer never fires");
    await channel.read();
    work(0.1);
  }
  channel.abort();
});

Deno.test("a side that writes all the time does not keep the others waiting", async () => {
  await using listener = listenTcp();
  const port = Number(new URL(listener.address).port);
  const [client, honest] = await Promise.all([
    connectTcp({ port }),
    listener.accept(),
  ]);
  const worker = new Worker(
    import.meta.resolve("./testing/flood_worker.ts"),
    { type: "module" },
  );
  const cutOff = new Promise((resolve) => worker.onmessage = resolve);
  worker.postMessage(port);
  const flood = (await listener.accept())!;
  let flooded = 0;
  const drowning = (async () => {
    // Without turns this ends only when it has had enough.
    while (flooded < 256 * MIB) {
      const chunk = await flood.read().catch(() => null);
      if (chunk === null) break;
      flooded += chunk.byteLength;
      work(0.2);
    }
  })();
  const echoing = echo(honest!);

  const units = new WriteUnits();
  units.add(new Uint8Array(16));
  let most = 0;
  while (flooded < 64 * MIB) {
    const before = flooded;
    await client.write(units);
    assertEquals((await client.read())?.byteLength, 16);
    most = Math.max(most, flooded - before);
  }
  assertLess(most, 32 * MIB);
  flood.abort();
  await Promise.all([drowning, client.close(), cutOff]);
  await echoing;
  worker.terminate();
});

async function echo(channel: Channel): Promise<void> {
  const units = new WriteUnits();
  for (let chunk; (chunk = await channel.read()) !== null;) {
    units.add(chunk);
    await channel.write(units);
    units.clear();
  }
  await channel.close();
}
