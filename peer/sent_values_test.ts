import { assertEquals, assertRejects } from "@std/assert";
import { memoryPair } from "../transport/mod.ts";
import type { PeerEvent } from "./events.ts";
import { Peer } from "./peer.ts";
import { ReconnectingPeer } from "./reconnecting/reconnecting_peer.ts";
import type { Remote } from "./remote.ts";
import {
  SENT_VALUES_ENDS,
  sentValues,
  valuesHandlers,
} from "./testing/sent_values.ts";

/** A peer that reports its events, and those of its server, which end with it. */
function start(
  kind: "Peer" | "ReconnectingPeer",
  onEvent: (event: PeerEvent) => void,
) {
  const servers: Peer[] = [];
  const open = () => {
    const [left, right] = memoryPair();
    servers.push(
      new Peer(right, {
        handlers: valuesHandlers,
        role: "acceptor",
        onEvent() {},
      }),
    );
    return left;
  };
  const peer = kind === "Peer"
    ? new Peer(open(), { onEvent })
    : new ReconnectingPeer(open, { onEvent });
  return {
    peer: peer as Remote,
    async [Symbol.asyncDispose]() {
      await peer.close();
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

for (const kind of ["Peer", "ReconnectingPeer"] as const) {
  for (const [how, end] of Object.entries(SENT_VALUES_ENDS)) {
    Deno.test(`${kind}: values that are sent are left, and a failure of their finally is reported, when ${how}`, async () => {
      const { promise: reported, resolve } = Promise.withResolvers<unknown[]>();
      await using started = start(kind, (event) => {
        if (event.type === "hook-error") resolve([event.hook, event.error]);
      });
      const source = sentValues((error) => {
        throw error;
      });
      await end(started.peer, source.values);
      await source.ended;
      assertEquals(await reported, ["values", source.end]);
    });
  }
}

Deno.test("values that fail after their call has ended are reported, unless with what has ended it", async () => {
  for (const isReason of [false, true]) {
    const events: PeerEvent[] = [];
    await using started = start("Peer", (event) => void events.push(event));
    const { peer } = started;
    const controller = new AbortController();
    const { promise: waits, resolve: fail } = Promise.withResolvers<void>();
    const { promise: failed, resolve: hasFailed } = Promise.withResolvers<
      void
    >();
    const mine = new Error("expected failure of the values");
    const values = (async function* () {
      yield 1;
      await waits;
      hasFailed();
      throw isReason ? controller.signal.reason : mine;
    })();
    const all = peer.values("echo", 1, { values, signal: controller.signal });
    await all.next();
    controller.abort();
    await assertRejects(() => Array.fromAsync(all));
    fail();
    await failed;
    await assertRejects(() => peer.request("none")); // Later than all of it.
    const found = events.filter(({ type }) => type === "hook-error");
    assertEquals(found.length, isReason ? 0 : 1);
  }
});

Deno.test("values that fail while they are sent fail the call, and nothing else is reported", async () => {
  const events: PeerEvent[] = [];
  await using started = start("Peer", (event) => void events.push(event));
  const { peer } = started;
  const mine = new Error("expected failure of the values");
  const kinds = {
    generator: (async function* () {
      yield await Promise.resolve(1);
      throw mine;
    })(),
    stream: new ReadableStream({
      pull: (controller) => controller.error(mine),
    }),
  };
  for (const values of Object.values(kinds)) {
    const error = await assertRejects(() =>
      Array.fromAsync(peer.values("echo", 1, { values }))
    );
    assertEquals(error, mine);
  }
  await assertRejects(() => peer.request("none"));
  assertEquals(events.filter(({ type }) => type === "hook-error"), []);
});
