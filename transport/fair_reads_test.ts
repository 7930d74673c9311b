import { assertEquals, assertLess } from "@std/assert";
import { setImmediate } from "node:timers";
import type { Channel } from "./channel.ts";
import { connChannel } from "./_conn_channel.ts";
import { FairReads } from "./fair_reads.ts";
import { connectTcp, listenTcp } from "./tcp.ts";
import { Turns } from "./turns.ts";
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

Deno.test("a channel reads for 8 ms, and no longer unless another has had a turn", async () => {
  let now = 0;
  const turns = new Turns({
    now: () => now,
    round: () => new Promise((resolve) => void setImmediate(resolve)),
    roundsUntilPolled: 1,
  });
  const reads = new FairReads(() => now, turns);
  const isDue = () => {
    reads.record(SOME);
    return reads.yieldIfDue() !== undefined;
  };
  now += 7;
  assertEquals(isDue(), false);
  now += 1;
  reads.record(SOME);
  await reads.yieldIfDue();
  now += 7;
  assertEquals(isDue(), false);
  // The turn of another.
  await turns.next();
  now += 7;
  assertEquals(isDue(), false);
  now += 1;
  assertEquals(isDue(), true);
});

Deno.test("a channel whose reads do not follow each other never waits, whatever the time between turns", () => {
  let now = 0;
  const turns = new Turns({
    now: () => now,
    round: () => Promise.resolve(),
    roundsUntilPolled: 1,
  });
  const reads = new FairReads(() => now, turns);
  for (let read = 0; read < 100; read++) {
    now += 1000;
    turns.polls++;
    reads.record(SOME);
    assertEquals(reads.yieldIfDue(), undefined);
  }
});

Deno.test("a channel checks the clock only every 16 KiB, of which a read counts 256", () => {
  const checks: number[] = [];
  const turns = new Turns({
    now: () => 0,
    round: () => Promise.resolve(),
    roundsUntilPolled: 1,
  });
  const reads = new FairReads(() => checks.push(0), turns);
  reads.record(SOME - 256 - 1);
  assertEquals(reads.yieldIfDue(), undefined);
  assertEquals(checks.length, 0);
  reads.record(1);
  reads.yieldIfDue();
  assertEquals(checks.length, 1);
  for (let read = 1; read < 64; read++) reads.record(1);
  reads.yieldIfDue();
  assertEquals(checks.length, 1);
  reads.record(1);
  reads.yieldIfDue();
  assertEquals(checks.length, 2);
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
