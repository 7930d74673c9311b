import { assert, assertEquals, assertLess } from "@std/assert";
import {
  connect,
  Handlers,
  type Peer,
  serve,
  upgradeHandler,
} from "@gotalk/gotalk";

/** The number of concurrent clients that attack. */
const CLIENTS = 100;

/**
 * The duration in milliseconds: three seconds, or that of `deno test … --
 * --seconds=600`.
 */
const TIME = 1_000 * Number(
  Deno.args.find((text) => text.startsWith("--seconds="))?.split("=")[1] ?? 3,
);

/** The maximum growth of memory, in bytes. */
const MAX_MEMORY_GROWTH = 256 * 1024 * 1024;

/**
 * The maximum median latency of a call, in milliseconds; the attackers run on
 * the same machine.
 */
const MAX_LATENCY = 50;

const handlers = new Handlers()
  .handleBytes("echo", (payload) => payload)
  .handle("never", () => new Promise(() => {}))
  .handleStream("never", () => new Promise<void>(() => {}))
  .onNotificationBytes("note", () => {});

Deno.test("while a hundred clients attack, memory stays bounded and a well-behaved client is served", async () => {
  await using tcp = await serve({}, handlers);
  await using framed = await serve({ transport: "websocket" }, handlers);
  const peers = new Set<Peer>();
  await using http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    upgradeHandler(handlers, { onPeer: (peer) => void peers.add(peer) }),
  );
  const upgraded = `ws://127.0.0.1:${http.addr.port}/`;
  await using peer = await connect(tcp.address);

  const attackers = attack([tcp.address, framed.address, upgraded]);
  const before = Deno.memoryUsage().rss;
  const payload = new Uint8Array(16);
  const times: number[] = [];
  let growth = 0;
  let attacks: number | undefined;
  void attackers.then((count) => attacks = count);
  while (attacks === undefined) {
    const began = performance.now();
    assertEquals(await peer.requestBytes("echo", payload), payload);
    times.push(performance.now() - began);
    growth = Math.max(growth, Deno.memoryUsage().rss - before);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert(
    attacks >= CLIENTS,
    `got ${attacks} attacks, wanted at least ${CLIENTS}`,
  );
  assertLess(growth, MAX_MEMORY_GROWTH);
  times.sort((one, other) => one - other);
  assertLess(times[Math.floor(times.length / 2)]!, MAX_LATENCY);
  assertEquals(peer.state, "open");
  await Promise.all(Array.from(peers, (peer) => peer.close()));
});

/**
 * Starts the attacking clients in another process; returns the number of
 * attacks.
 */
async function attack(addresses: string[]): Promise<number> {
  const program = new URL("_hostile_clients.ts", import.meta.url);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-net",
      program.href,
      String(TIME),
      String(CLIENTS),
      ...addresses,
    ],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return Number(new TextDecoder().decode(stdout));
}
