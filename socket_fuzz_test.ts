import { connect, Handlers, serve } from "@gotalk/gotalk";
import { connectWebSocket } from "@gotalk/gotalk/transport/websocket";
import { WriteUnits } from "@gotalk/gotalk/transport";
import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import fc from "fast-check";
import { anyWire, argument } from "./codec/testing/arbitrary.ts";

/** Conversations at the same time. */
const AT_ONCE = 50;

/** The longest time of one, in milliseconds. */
const TIMEOUT = 30_000;

const VERSION = new TextEncoder().encode("01");

const handlers = new Handlers()
  .handleBytes("echo", (payload) => payload)
  .handleOther(async (payload) => (await Promise.resolve(), payload))
  .handleOtherStream((parts) => parts)
  .onOtherNotification(() => {});

/** Returns messages, most of them with a fault; some begin with the version. */
function conversations(seed: number): Uint8Array<ArrayBuffer>[] {
  return fc.sample(anyWire, { seed, numRuns: 100 })
    .map((wire, at) => at % 10 === 0 ? wire : concat([VERSION, wire]));
}

/** Sends bytes over TCP, and reads until the server has closed. */
async function overTcp(port: number, bytes: Uint8Array): Promise<void> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const read = async () => {
    const buffer = new Uint8Array(64 * 1024);
    while (await conn.read(buffer) !== null);
  };
  const write = async () => {
    for (let at = 0; at < bytes.length;) {
      at += await conn.write(bytes.subarray(at));
    }
    await conn.closeWrite();
  };
  // The server may reset what it has refused.
  await Promise.allSettled([read(), write()]);
}

/** The same in messages of a WebSocket. */
async function overWebSocket(port: number, bytes: Uint8Array): Promise<void> {
  const channel = await connectWebSocket(`ws://127.0.0.1:${port}`);
  const units = new WriteUnits();
  for (let at = 0; at < bytes.length; at += 7) {
    units.add(bytes.subarray(at, at + 7));
  }
  const read = async () => {
    while (await channel.read() !== null);
  };
  const write = async () => {
    await channel.write(units);
    await channel.close();
  };
  await Promise.allSettled([read(), write()]);
}

// `deno test -A socket_fuzz_test.ts -- --fuzz-seconds=600` takes longer,
// `--seed=1` begins with the same conversations.
Deno.test("no bytes at a socket end the server, another connection, or hang", async () => {
  const given = argument("fuzz-seconds");
  const seconds = given ?? 1;
  let seed = argument("seed") ?? Math.floor(Math.random() * 2 ** 31);
  const options = { onEvent: () => {} };
  await using tcp = await serve({ port: 0, ...options }, handlers);
  await using socket = await serve(
    { port: 0, transport: "websocket", ...options },
    handlers,
  );
  const servers = [tcp, socket];
  const ports = servers.map(({ address }) => Number(new URL(address).port));
  await using client = await connect(tcp.address);
  const end = performance.now() + seconds * 1000;
  let count = 0;
  do {
    const pending = conversations(seed);
    const work = async () => {
      for (let bytes; (bytes = pending.pop()) !== undefined; count++) {
        const timer = setTimeout(() => {
          throw new Error(`A conversation does not end, with --seed=${seed}`);
        }, TIMEOUT);
        await (count % 2 === 0
          ? overTcp(ports[0]!, bytes)
          : overWebSocket(ports[1]!, bytes));
        clearTimeout(timer);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    assertEquals(await client.requestText("echo", "on"), "on");
    seed++;
  } while (performance.now() < end);
  if (given === undefined) return;
  console.error(`${count} conversations, up to --seed=${seed - 1}`);
});
