import { assertEquals } from "@std/assert";
import { memoryPair } from "../../transport/mod.ts";
import { watch } from "../testing/scripted_peer.ts";
import { settled, VirtualClock } from "../testing/virtual_clock.ts";
import { Handlers } from "../handlers.ts";
import { Peer } from "../peer.ts";
import { ReconnectingPeer } from "./reconnecting_peer.ts";
import type { ConnectionEvent, ReconnectOptions } from "./reconnect_options.ts";

/** Waits until something is the case; a busy machine may take more rounds than another. */
async function until(isSo: () => boolean): Promise<void> {
  for (let round = 0; round < 100 && !isSo(); round++) await settled();
}

/** A service of which each connection reaches another server. */
class Service implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly handlers = new Handlers();
  /** The servers' ends of all connections. */
  readonly peers: Peer[] = [];
  readonly events: ConnectionEvent["type"][] = [];
  readonly client: ReconnectingPeer;

  constructor(options: ReconnectOptions = {}) {
    const { clock, handlers } = this;
    const open = () => {
      const [here, there] = memoryPair({ clock });
      this.peers.push(new Peer(there, { handlers, role: "acceptor", clock }));
      return here;
    };
    this.client = new ReconnectingPeer(open, {
      clock,
      random: () => 0.5,
      onConnectionEvent: ({ type }) => void this.events.push(type),
      ...options,
    });
  }

  /** Lets the current server drain, and waits until the client has left it. */
  async drain(): Promise<void> {
    const peer = this.peers.at(-1)!;
    const { client } = this;
    await until(() => client.state === "open");
    const events = this.events.length;
    void peer.drain({ timeout: 1e6 });
    await until(() => this.events.length > events);
    await until(() =>
      client.state === "open" || this.events.at(-1) === "waiting"
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    for (const peer of this.peers) peer.abort();
  }
}

Deno.test("a reconnecting peer moves on at once when the remote peer drains, and what runs is completed there (extension/drain-elsewhere)", async () => {
  const gate = Promise.withResolvers<string>();
  await using service = new Service({
    handlers: new Handlers().handle("who", () => "me"),
  });
  const { client, clock, handlers, peers } = service;
  handlers.handle("slow", () => gate.promise)
    .handle("relay", async (_, { peer }) => {
      await gate.promise;
      return await peer.request("who");
    })
    .handle("greet", (name: string) => `Hello ${name}`)
    .handleStream("echo", (parts) => parts);
  await client.request("greet", "nobody");
  await clock.advance(10_000);
  const slow = watch(client.request("slow"));
  const relay = watch(client.request("relay"));
  const echo = client.stream("echo");
  const all = watch(Array.fromAsync(echo.readable));
  const writer = echo.writable.getWriter();
  await writer.write(new Uint8Array(1));
  await until(() => peers[0]!.stats.running === 3);
  await service.drain();
  // No time has passed.
  assertEquals(peers.length, 2);
  assertEquals(service.events, [
    "connecting",
    "connected",
    "connecting",
    "connected",
  ]);
  assertEquals(await client.request("greet", "Ali"), "Hello Ali");
  assertEquals(peers.map(({ stats }) => stats.running), [3, 0]);
  await writer.write(new Uint8Array(2));
  await writer.close();
  gate.resolve("done");
  await until(() => client.stats.pending === 0);
  assertEquals([slow.value, all.value?.length], ["done", 2]);
  // Its handler asked back, over the connection that is left.
  assertEquals(relay.value, "me");
  await clock.advance(1_000);
  assertEquals(peers.map(({ state }) => state), ["closed", "open"]);
  assertEquals(client.stats.pending, 0);
});

Deno.test("a call that waits for a connection to a service that restarts its servers waits for one connect", async () => {
  await using service = new Service();
  const { client, clock, handlers, peers } = service;
  handlers.handle("greet", (name: string) => `Hello ${name}`);
  assertEquals(await client.request("greet", "Ali"), "Hello Ali");
  // A restart of three servers, each of which the client may reach in turn.
  await clock.advance(10_000);
  for (let moves = 1; moves <= 3; moves++) {
    await service.drain();
    assertEquals(peers.length, moves + 1);
    assertEquals(await client.request("greet", "Ali"), "Hello Ali");
  }
  assertEquals(service.events.includes("waiting"), false);
});

Deno.test("a remote peer that drains again and again is asked ever more rarely", async () => {
  await using service = new Service();
  const { client, clock, peers } = service;
  await clock.advance(10_000);
  for (let moves = 0; moves < 3; moves++) await service.drain();
  assertEquals(peers.length, 4);
  const delays: number[] = [];
  for (let round = 0; round < 4; round++) {
    await service.drain();
    const before = peers.length;
    let delay = 0;
    for (; peers.length === before; delay += 250) await clock.advance(250);
    delays.push(delay);
  }
  assertEquals(delays, [1_000, 2_000, 4_000, 8_000]);
  // One that lasts lets it begin again.
  await clock.advance(60_000);
  await service.drain();
  assertEquals(peers.length, 9);
  assertEquals(client.state, "open");
});

Deno.test("calls wait for the next connection if the remote peer drains before the connection is ready", async () => {
  const ready = Promise.withResolvers<void>();
  await using service = new Service({ onConnect: () => ready.promise });
  const { client, handlers, peers } = service;
  handlers.handle("greet", (name: string) => `Hello ${name}`);
  const call = watch(client.request("greet", "Ali"));
  await settled();
  void peers[0]!.drain({ timeout: 1e6 });
  await settled();
  assertEquals([peers.length, call.state], [1, "pending"]);
  ready.resolve();
  await until(() => call.state !== "pending");
  assertEquals([peers.length, call.value], [2, "Hello Ali"]);
});

Deno.test("a connection that ends as the remote peer begins to drain is counted once", async () => {
  const abort: ReconnectOptions["onEvent"] = ({ type, peer }) => {
    if (type === "drain") (peer as Peer).abort();
  };
  await using service = new Service({ onEvent: abort });
  const { client, clock, peers } = service;
  for (let moves = 0; moves < 3; moves++) {
    await clock.advance(100_000);
    void peers.at(-1)!.drain({ timeout: 1_000 });
    await settled();
  }
  await client.close();
  await settled();
  let sent = 0;
  for (const { stats } of peers) sent += stats.messagesIn;
  assertEquals(client.stats.messagesOut, sent);
});
