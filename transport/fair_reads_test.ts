import { assertEquals, assertLess, assertLessOrEqual } from "@std/assert";
import { setImmediate } from "node:timers";
import type { Channel } from "./channel.ts";
import { connChannel } from "./_conn_channel.ts";
import { FairReads, ROUNDS_UNTIL_POLLED } from "./fair_reads.ts";
import { connectTcp, listenTcp } from "./tcp.ts";
import { WriteUnits } from "./write_units.ts";

const MIB = 1024 * 1024;

/** Keeps the program busy, as a handler does. */
function work(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

Deno.test("timers run while a channel always has more to read", async () => {
  const channel = connChannel({
    // Each read completes at once.
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

Deno.test("a remote side that never stops writing does not starve other connections (error/isolation)", async () => {
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
  const reading = (async () => {
    // Without fairness, this ends only at its own limit.
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
  await Promise.all([reading, client.close(), cutOff]);
  await echoing;
  worker.terminate();
});

/** The number of bytes after which a channel checks the clock. */
const SOME = 16 * 1024;

Deno.test("a channel reads for 8 ms while no other is busy, and for 1 ms while others are", async () => {
  let now = 0;
  const one = new FairReads(() => now);
  const other = new FairReads(() => now);

  one.record(SOME);
  now += 8;
  await one.yieldIfDue();
  one.record(SOME);
  now += 7;
  assertEquals(one.yieldIfDue(), undefined);
  one.record(SOME);
  now += 1;
  const yielding = one.yieldIfDue();
  other.record(SOME); // which others do while this one yields
  await yielding;
  one.record(SOME);
  assertEquals(one.yieldIfDue(), undefined);
  one.record(SOME);
  now += 1;
  const again = one.yieldIfDue();
  assertEquals(again instanceof Promise, true);
  await again;

  // Alone again.
  one.record(SOME);
  now += 7;
  assertEquals(one.yieldIfDue(), undefined);
});

Deno.test("a channel checks the clock only every 16 KiB", () => {
  const checks: number[] = [];
  const reads = new FairReads(() => checks.push(0));
  reads.record(SOME - 1);
  assertEquals(reads.yieldIfDue(), undefined);
  assertEquals(checks.length, 0);
  reads.record(1);
  reads.yieldIfDue();
  assertEquals(checks.length, 1);
});

// The fact about the runtime on which fairness depends, in Deno 2.9.6: after 61
// rounds of the event loop without a pause it polls the system for input.
Deno.test("Deno sees input within the rounds that a channel yields for", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const [a, b] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port }),
    listener.accept(),
  ]);
  let seen = false;
  const reading = b.read(new Uint8Array(1)).then(() => seen = true);
  // The read is pending in the system before the bytes arrive.
  await new Promise((resolve) => setTimeout(resolve, 1));
  await a.write(new Uint8Array(1));
  let rounds = 0;
  while (!seen) {
    rounds++;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  assertLessOrEqual(rounds, ROUNDS_UNTIL_POLLED);
  await reading;
  a.close();
  b.close();
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
