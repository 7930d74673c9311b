import { assert, assertEquals } from "@std/assert";
import { Handlers } from "./handlers.ts";
import { Peer } from "./peer.ts";
import { line, type LineOptions } from "./testing/line.ts";
import { VirtualClock } from "./testing/virtual_clock.ts";

const KIB = 1024;

/** Sends a stream for a virtual time; returns its rate, as a share of that of the line, and the time of a call beside it. */
async function transfer(
  { delay, rate }: LineOptions,
  direction: "up" | "down",
  seconds: number,
): Promise<{ share: number; credits: number }> {
  const clock = new VirtualClock();
  const [near, far] = line(clock, { delay, rate });
  let received = 0;
  const chunk = new Uint8Array(64 * KIB);
  const handlers = new Handlers()
    .handleStream("sink", async (parts) => {
      for await (const part of parts) received += part.byteLength;
    })
    .handleStream("source", async function* () {
      for (;;) {
        yield chunk;
        await Promise.resolve();
      }
    });
  const limits = { heartbeatInterval: Infinity };
  const peer = new Peer(near, { clock, limits });
  const server = new Peer(far, { clock, handlers, role: "acceptor", limits });
  await clock.advance(2 * delay);
  await peer.opened;
  const { readable, writable } = peer.stream(
    direction === "up" ? "sink" : "source",
  );
  const work = direction === "up"
    ? (async () => {
      const writer = writable.getWriter();
      for (;;) await writer.write(chunk);
    })()
    : (async () => {
      for await (const part of readable) received += part.byteLength;
    })();
  work.catch(() => {/* The peer is aborted. */});
  if (direction === "up") {
    void readable.getReader().read().catch(() => {});
  } else void writable.close().catch(() => {});
  await clock.advance(seconds * 1000);
  const share = received / (seconds * 1000 * rate);
  const credits = peer.stats.creditsIn + server.stats.creditsIn;
  peer.abort();
  server.abort();
  await Promise.all([peer.closed, server.closed, work.catch(() => {})]);
  assertEquals(clock.timers, 0);
  return { share, credits };
}

for (const direction of ["up", "down"] as const) {
  Deno.test(`a stream ${direction} reaches 90 % of a line of 50 ms and 100 MB/s (extension/credit-more)`, async () => {
    const { share, credits } = await transfer(
      { delay: 25, rate: 100_000 },
      direction,
      4,
    );
    assert(share >= 0.9, `${share}`);
    assert(credits > 10);
  });
}
