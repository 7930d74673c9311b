import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { type Channel, memoryPair } from "../../transport/mod.ts";
import { isConnectionClosedError } from "../connection_closed_error.ts";
import { Handlers } from "../handlers.ts";
import { Peer } from "../peer.ts";
import { watch } from "../testing/scripted_peer.ts";
import { settled, VirtualClock } from "../testing/virtual_clock.ts";
import type { ReconnectOptions } from "./reconnect_options.ts";
import { ReconnectingPeer } from "./reconnecting_peer.ts";

const never = () => new Promise<never>(() => {});

/** A reconnecting peer in virtual time, and the peers of its server. */
function start(options: ReconnectOptions) {
  const clock = new VirtualClock();
  const handlers = new Handlers().handle("greet", () => "Hello");
  const peers: Peer[] = [];
  const open = (): Channel => {
    const [here, there] = memoryPair();
    peers.push(new Peer(there, { handlers, role: "acceptor", clock }));
    return here;
  };
  const client = new ReconnectingPeer(open, {
    clock,
    random: () => 0.5,
    queueTimeout: Infinity,
    ...options,
  });
  return { client, clock, peers };
}

Deno.test("a connection that ends while onConnect hangs is followed by another one", async () => {
  let hangs = true;
  const { client, clock, peers } = start({
    onConnect: () => hangs ? never() : undefined,
  });
  const call = watch(client.request("greet"));
  await settled();
  hangs = false;
  peers[0]!.abort();
  await settled();
  await clock.advance(1_250);
  assertEquals(peers.length, 2);
  assertEquals(call.value, "Hello");
  await client.close();
});

Deno.test("a connection that is drained while onConnect hangs is followed by another one", async () => {
  let hangs = true;
  const { client, clock, peers } = start({
    onConnect: () => hangs ? never() : undefined,
  });
  const call = watch(client.request("greet"));
  await settled();
  hangs = false;
  void peers[0]!.drain();
  await settled();
  await clock.advance(10_000);
  assertEquals(peers.length, 2);
  assertEquals(call.value, "Hello");
  await client.close();
});

Deno.test("maxAttempts: connections that end while onConnect hangs count", async () => {
  const { client, clock, peers } = start({ onConnect: never, maxAttempts: 2 });
  const call = watch(client.request("greet"));
  for (const index of [0, 1]) {
    await settled();
    peers[index]!.abort();
    await settled();
    await clock.advance(1_250);
  }
  assertEquals(peers.length, 2);
  assertEquals(call.rejection(isConnectionClosedError).outcome, "not-sent");
  assertEquals((await client.closed).clean, false);
});

Deno.test("what onConnect fails with after its connection has ended is no unhandled rejection", async () => {
  const { promise, reject } = Promise.withResolvers<never>();
  let hangs = true;
  const { client, clock, peers } = start({
    onConnect: () => hangs ? promise : undefined,
  });
  await settled();
  hangs = false;
  peers[0]!.abort();
  await settled();
  await clock.advance(1_250);
  reject(new Error("expected failure"));
  await settled();
  assertEquals(await client.request("greet"), "Hello");
  await client.close();
});

Deno.test("a reconnecting peer closes while onConnect hangs", async () => {
  for (const end of ["close", "drain", "abort"] as const) {
    const { client, peers } = start({ onConnect: never });
    const call = watch(client.request("greet"));
    await settled();
    const reason = new Error("expected end");
    if (end === "abort") client.abort(reason);
    else await client[end]();
    const { error } = await client.closed;
    await settled();
    assertStrictEquals(error, end === "abort" ? reason : undefined);
    assertEquals(call.rejection(isConnectionClosedError).outcome, "not-sent");
    assertEquals(peers[0]!.state, "closed");
  }
});

Deno.test("a channel that opens after its reconnecting peer was closed is closed", async () => {
  const { promise, resolve } = Promise.withResolvers<Channel>();
  const client = new ReconnectingPeer(() => promise, {
    clock: new VirtualClock(),
  });
  await settled();
  await client.close();
  const [here, there] = memoryPair();
  const closed = watch(here.closed);
  resolve(here);
  await settled();
  assert(closed.value !== undefined);
  there.abort();
});

Deno.test("an attempt that hangs is given up for a new one when the network is back, and does not count", async () => {
  const onlineEvents = new EventTarget();
  for (const respectsSignal of [true, false]) {
    const signals: AbortSignal[] = [];
    const types: string[] = [];
    const late: PromiseWithResolvers<Channel>[] = [];
    const server = new Handlers().handle("greet", () => "Hello");
    const peers: Peer[] = [];
    const client = new ReconnectingPeer((signal) => {
      signals.push(signal);
      if (signals.length < 3) {
        const opening = Promise.withResolvers<Channel>();
        late.push(opening);
        if (respectsSignal) {
          signal.addEventListener("abort", () => opening.reject(signal.reason));
        }
        return opening.promise;
      }
      const [here, there] = memoryPair();
      peers.push(new Peer(there, { handlers: server, role: "acceptor" }));
      return here;
    }, {
      clock: new VirtualClock(),
      maxAttempts: 2,
      onlineEvents,
      onConnectionEvent: ({ type }) => types.push(type),
    });
    const call = watch(client.request("greet"));
    await settled();
    for (const attempts of [2, 3, 3]) {
      onlineEvents.dispatchEvent(new Event("online"));
      await settled();
      assertEquals(signals.length, attempts);
    }
    assertEquals(call.value, "Hello");
    assertEquals(signals.map(({ aborted }) => aborted), [true, true, false]);
    assertEquals(types, [
      "connecting",
      "connecting",
      "connecting",
      "connected",
    ]);
    // A channel that opens too late is closed, and changes nothing.
    const [here, there] = memoryPair();
    late[0]!.resolve(here);
    const closed = watch(here.closed);
    await settled();
    if (!respectsSignal) assert(closed.value !== undefined);
    assertEquals(client.state, "open");
    there.abort();
    here.abort();
    await client.close();
    await peers[0]!.closed;
  }
});

Deno.test("what onConnect does on an open connection goes on when the network is back", async () => {
  const onlineEvents = new EventTarget();
  const { promise, resolve } = Promise.withResolvers<void>();
  const { client, peers } = start({ onlineEvents, onConnect: () => promise });
  await settled();
  onlineEvents.dispatchEvent(new Event("online"));
  await settled();
  resolve();
  await settled();
  assertEquals([peers.length, client.state], [1, "open"]);
  await client.close();
});
