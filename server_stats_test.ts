import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, Handlers, type Peer, serve, upgradeHandler } from "./mod.ts";

const handlers = new Handlers().handle("greet", (name: string) => name);

/** Waits until all peers of a server have ended. */
async function ended({ peers }: { readonly peers: ReadonlySet<Peer> }) {
  await Promise.all(Array.from(peers, ({ closed }) => closed));
}

Deno.test("the totals of a server include connections that have ended", async () => {
  let accepts = true;
  await using server = await serve({ authenticate: () => accepts }, handlers);
  assertEquals(server.stats, {
    messagesIn: 0,
    messagesOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    dropped: 0,
    open: 0,
    accepted: 0,
    refused: 0,
    pending: 0,
    running: 0,
    abandoned: 0,
    unsent: 0,
    cancelsIn: 0,
    cancelsOut: 0,
    creditsIn: 0,
    creditsOut: 0,
  });
  await using first = await connect(server.address);
  await using second = await connect(server.address);
  await first.request("greet", "x");
  await second.notify("none");
  await second.request("greet", "x");
  const { messagesIn, dropped, open, accepted } = server.stats;
  assertEquals([messagesIn, dropped, open, accepted], [5, 1, 2, 2]);
  await first.close();
  await second.close();
  await ended(server);
  assertEquals(server.stats.open, 0);
  assert(server.stats.bytesIn > 0);
  assertEquals([server.stats.accepted, server.stats.dropped], [2, 1]);
  accepts = false;
  await assertRejects(() => connect(server.address));
  assertEquals([server.stats.accepted, server.stats.refused], [2, 1]);
});

Deno.test("the totals of an upgrade handler include connections that have ended", async () => {
  const gotalk = upgradeHandler(handlers);
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    gotalk,
  );
  const url = `ws://127.0.0.1:${server.addr.port}`;
  await using peer = await connect(url);
  await peer.request("greet", "x");
  assertEquals([gotalk.stats.open, gotalk.stats.accepted], [1, 1]);
  await peer.close();
  await ended(gotalk);
  assertEquals([gotalk.stats.open, gotalk.stats.accepted], [0, 1]);
  assert(gotalk.stats.messagesIn > 0);
  const refused = await fetch(url.replace("ws:", "http:"));
  await refused.body?.cancel();
  assertEquals([refused.status, gotalk.stats.refused], [426, 1]);
});

Deno.test("events and messages have the peer of their connection, for servers and upgrade handlers", async () => {
  const seen = new Set<unknown>();
  const wrong: unknown[] = [];
  let peers: ReadonlySet<unknown> = new Set();
  const options = {
    onPeer: (peer: Peer) => void seen.add(peer),
    onMessage: (_: string, __: unknown, peer: unknown) => {
      if (!peers.has(peer)) wrong.push(peer);
    },
    onEvent: ({ type, peer }: { type: string; peer: { id: number } }) => {
      if (type === "drop" && !seen.has(peer)) wrong.push(peer);
    },
  };
  await using server = await serve(options, handlers);
  peers = server.peers;
  await using peer = await connect(server.address);
  await peer.notify("none");
  await peer.request("greet", "x");
  const gotalk = upgradeHandler(handlers, options);
  peers = gotalk.peers;
  await using http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    gotalk,
  );
  await using other = await connect(`ws://127.0.0.1:${http.addr.port}`);
  await other.notify("none");
  await other.request("greet", "x");
  assertEquals([seen.size, wrong], [2, []]);
  assertEquals(new Set(Array.from(seen, (one) => (one as Peer).id)).size, 2);
  await other.close();
  await ended(gotalk);
});
