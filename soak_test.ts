import {
  Handlers,
  isConnectionClosedError,
  reconnect,
  serve,
} from "@gotalk/gotalk";
import { assert, assertEquals, assertLess } from "@std/assert";
import { argument } from "./codec/testing/arbitrary.ts";
import { memoryInUse } from "./peer/testing/memory_in_use.ts";

const MIB = 1024 * 1024;

/** The pause between two calls of a client, in milliseconds: well below what fills a core. */
const PAUSE = 20;

/** How often a server aborts all connections, in milliseconds. */
const CUT_INTERVAL = 2_500;

/** The interval between two measurements of memory, in milliseconds. */
const MEASURED = 1_000;

/** The least duration from which the growth of memory can be told, in seconds. */
const TELLING = 300;

const handlers = new Handlers()
  .handleBytes("echo", (payload) => payload)
  .handle("double", async (n: number) => (await Promise.resolve(), n * 2))
  .handleStream("copy", (parts) => parts)
  .handleValues("count", function* () {
    for (let n = 0; n < 20; n++) yield n;
  }, { input: false })
  .onNotification("note", () => {});

/** Returns the growth in bytes per second, by the least squares. */
function slopeOf(samples: readonly number[]): number {
  const seconds = samples.map((_, at) => at * MEASURED / 1000);
  const mean = (list: readonly number[]) =>
    list.reduce((sum, each) => sum + each, 0) / list.length;
  const [x, y] = [mean(seconds), mean(samples)];
  const above = samples.reduce(
    (s, each, at) => s + (seconds[at]! - x) * (each - y),
    0,
  );
  return above / seconds.reduce((s, each) => s + (each - x) ** 2, 0);
}

// `deno test -A soak_test.ts -- --soak-seconds=1800` shows whether memory grows.
Deno.test("calls, streams, notifications and reconnections for a while leave no memory, and fail only where the connection was cut", async () => {
  const seconds = argument("soak-seconds");
  const duration = (seconds ?? 3) * 1000;
  await using server = await serve({}, handlers);
  const end = performance.now() + duration;
  let calls = 0, cut = 0;
  const part = new Uint8Array(10_000).fill(7);
  const work = async (index: number) => {
    await using peer = reconnect(server.address, {
      initialDelay: 5,
      maxDelay: 50,
      onConnectionEvent: () => {},
    });
    for (let n = index; performance.now() < end; n++) {
      try {
        assertEquals(await peer.request("double", n), n * 2);
        assertEquals((await peer.requestBytes("echo", part)).length, 10_000);
        await peer.notify("note", { n });
        const { readable, writable } = peer.stream("copy");
        const sent = ReadableStream.from([part, part]).pipeTo(writable);
        sent.catch(() => {});
        let length = 0;
        for await (const chunk of readable) length += chunk.length;
        await sent;
        assertEquals(length, 20_000);
        assertEquals((await Array.fromAsync(peer.values("count"))).length, 20);
        calls += 5;
      } catch (error) {
        if (!isConnectionClosedError(error)) throw error;
        cut++;
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  };
  const samples: number[] = [];
  const measuring = setInterval(() => samples.push(memoryInUse()), MEASURED);
  const cutting = setInterval(() => {
    for (const peer of server.peers) peer.abort(new Error("cut"));
  }, CUT_INTERVAL);
  try {
    await Promise.all(Array.from({ length: 8 }, (_, index) => work(index)));
  } finally {
    clearInterval(measuring);
    clearInterval(cutting);
  }
  assert(calls > 0);
  assertLess(cut, calls);
  // The first half warms up.
  const slope = slopeOf(samples.slice(Math.floor(samples.length / 2)));
  if (seconds === undefined) return;
  console.error(
    `${calls} calls, ${cut} cut; memory grows by ${
      (slope * 600 / MIB).toFixed(2)
    } MiB in 10 minutes`,
  );
  if (seconds >= TELLING) assertLess(slope * 600, MIB);
});
