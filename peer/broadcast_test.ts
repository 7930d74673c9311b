/** Notifications to peers that are slow or have left. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { LimitError, ValidationError } from "../codec/mod.ts";
import { memoryPair } from "../transport/memory.ts";
import type { Channel } from "../transport/channel.ts";
import { broadcast, broadcastBytes, broadcastText } from "./broadcast.ts";
import { ConnectionClosedError } from "./connection_closed_error.ts";
import type { Contract } from "./contract.ts";
import type { PeerEvent, PeerEventDetails } from "./events.ts";
import { Handlers } from "./handlers.ts";
import { Peer } from "./peer.ts";
import { ReconnectingPeer } from "./reconnecting/reconnecting_peer.ts";
import type { Remote } from "./remote.ts";

const UNSENT: PeerEventDetails = {
  type: "unsent",
  operation: "tick",
  limit: "maxWriteQueueBytes",
};

/** Returns a peer whose remote peer reads nothing, and its events. */
function slowPeer(): { peer: Peer; events: PeerEvent[]; far: Channel } {
  const [near, far] = memoryPair({ capacity: 1 });
  const events: PeerEvent[] = [];
  const peer = new Peer(near, {
    limits: { maxWriteQueueBytes: 1024, handshakeTimeout: Infinity },
    onEvent: (event) => events.push(event),
  });
  return { peer, events, far };
}

/** Returns a peer and what its remote peer was notified of. */
function pair(): { peer: Peer; received: unknown[]; remote: Peer } {
  const received: unknown[] = [];
  const handlers = new Handlers()
    .onNotification("tick", (value) => void received.push(value))
    .onNotificationBytes("raw", (value) => void received.push([...value]));
  const [near, far] = memoryPair();
  const remote = new Peer(far, { handlers, role: "acceptor" });
  return { peer: new Peer(near), received, remote };
}

Deno.test("a notification to a peer that does not read is dropped and counted; whoever waits is told", async () => {
  const { peer, events, far } = slowPeer();
  for (let i = 0; i < 10; i++) void peer.notify("tick", "x".repeat(500));
  void peer.notifyBytes("tick", new Uint8Array(500));
  const { unsent } = peer.stats;
  assertEquals(unsent > 5, true);
  assertEquals(
    events.filter(({ type }) => type === "unsent"),
    Array(unsent).fill({ ...UNSENT, peer }),
  );
  await assertRejects(() => peer.notify("tick"), LimitError, "write queue");
  peer.abort();
  far.abort();
  await peer.closed;
});

Deno.test("a notification to a peer that has left needs no handling; whoever waits is told", async () => {
  const { peer, remote } = pair();
  await peer.close();
  void peer.notify("tick");
  void peer.notifyBytes("tick", new Uint8Array(1));
  await assertRejects(() => peer.notify("tick"), ConnectionClosedError);
  await remote.closed;
});

Deno.test("a notification that cannot be encoded always rejects", async () => {
  const { peer } = pair();
  await assertRejects(() => peer.notify("tick", new Map()), ValidationError);
  await assertRejects(() => peer.notify("x".repeat(5_000)), LimitError);
  await peer.close();
});

Deno.test("a notification of a reconnecting peer whose queue is full is dropped and counted", async () => {
  const events: PeerEvent[] = [];
  const peer = new ReconnectingPeer(() => new Promise<Channel>(() => {}), {
    maxQueuedCalls: 1,
    maxQueuedCallBytes: 100,
    onEvent: (event) => events.push(event),
  });
  void peer.notifyBytes("tick", new Uint8Array(101));
  void peer.notify("tick");
  void peer.notify("tick");
  await assertRejects(() => peer.notify("tick"), LimitError);
  assertEquals(peer.stats.unsent, 3);
  assertEquals(events, [
    { ...UNSENT, limit: "maxQueuedCallBytes", peer },
    { ...UNSENT, limit: "maxQueuedCalls", peer },
    { ...UNSENT, limit: "maxQueuedCalls", peer },
  ]);
  await peer.close();
  void peer.notify("tick");
  await assertRejects(() => peer.notify("tick"), ConnectionClosedError);
});

Deno.test("a broadcast encodes once, and holds up nobody", async () => {
  const [one, two, gone] = [pair(), pair(), pair()];
  const slow = slowPeer();
  await gone.peer.close();
  const peers = new Set([one.peer, slow.peer, gone.peer, two.peer]);
  let encoded = 0;
  const value = { toJSON: () => ({ n: ++encoded, text: "x".repeat(1_000) }) };
  assertEquals(broadcast(peers, "tick", value), { sent: 3, dropped: 1 });
  assertEquals(encoded <= 2, true); // Once to write, once to check.
  const before = encoded;
  assertEquals(broadcast(peers.values(), "tick", [2]), { sent: 2, dropped: 2 });
  assertEquals(slow.peer.stats.unsent, 1);
  assertEquals(slow.events.at(-1), { ...UNSENT, peer: slow.peer });
  assertEquals(
    [
      broadcastText([two.peer], "raw", "é"),
      broadcastBytes([two.peer], "raw", new Uint16Array([258])),
    ],
    [{ sent: 1, dropped: 0 }, { sent: 1, dropped: 0 }],
  );
  await Promise.all([one.peer.close(), two.peer.close()]);
  await Promise.all([one.remote.closed, two.remote.closed]);
  assertEquals(one.received.slice(1), [[2]]);
  assertEquals(two.received.slice(2), [[0xc3, 0xa9], [2, 1]]);
  assertEquals(encoded, before);
  slow.peer.abort();
  slow.far.abort();
  await slow.peer.closed;
});

Deno.test("a broadcast of what cannot be encoded throws, and reaches nobody", async () => {
  const { peer, remote, received } = pair();
  assertThrows(() => broadcast([peer], "tick", new Set()), ValidationError);
  assertThrows(() => broadcast([peer], "x".repeat(5_000)), LimitError);
  assertThrows(
    () => broadcastBytes([peer], "tick", "text" as unknown as Uint8Array),
    TypeError,
    'Cannot encode the payload of "tick": got a string',
  );
  assertThrows(
    () => broadcastText([peer], "tick", 5 as unknown as string),
    TypeError,
    "got 5, wanted a string",
  );
  await peer.close();
  await remote.closed;
  assertEquals(received, []);
});

Deno.test("a broadcast to a reconnecting peer is queued like a notification", async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const handlers = new Handlers().onNotification("tick", resolve);
  let remote: Peer;
  const peer = new ReconnectingPeer(() => {
    const [near, far] = memoryPair();
    remote = new Peer(far, { handlers, role: "acceptor" });
    return near;
  });
  assertEquals(broadcast([peer], "tick", 1), { sent: 1, dropped: 0 });
  assertEquals(await promise, 1);
  await peer.close();
  assertEquals(broadcast([peer], "tick", 1), { sent: 1, dropped: 0 });
  await remote!.closed;
});

interface Client extends Contract {
  notifications: { said: { text: string } };
}

Deno.test("a broadcast is checked by the contract of its peers", () => {
  const peers: ReadonlySet<Peer<Client>> = new Set();
  const remotes: Remote<Client>[] = [];
  const none = { sent: 0, dropped: 0 };
  assertEquals(broadcast(peers, "said", { text: "hello" }), none);
  assertEquals(broadcast(remotes, "said", { text: "hello" }), none);
  // @ts-expect-error: there is no such notification
  broadcast(peers, "sayd", { text: "hello" });
  // @ts-expect-error: the notification has another payload
  broadcast(peers.values().filter(() => true), "said", { text: 1 });
  // @ts-expect-error: as above
  broadcast(remotes, "said", { text: 1 });
});

Deno.test("a broadcast to what is no peer names it", () => {
  const { peer } = pair();
  const entries = new Map([[peer, "Ali"]]) as unknown as Iterable<Remote>;
  for (
    const [peers, found] of [[entries, "an array"], [[null], "null"]] as const
  ) {
    assertThrows(
      () => broadcast(peers as Iterable<Remote>, "tick", 1),
      TypeError,
      `Cannot broadcast "tick": got ${found} among the peers, wanted peers, such as map.keys() of a Map`,
    );
  }
  peer.abort();
});
