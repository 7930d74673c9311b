import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { memoryPair } from "../../transport/mod.ts";
import { watch, type Watched } from "../testing/scripted_peer.ts";
import { VirtualClock } from "../testing/virtual_clock.ts";
import { isConnectionClosedError } from "../connection_closed_error.ts";
import { Handlers } from "../handlers.ts";
import { Peer } from "../peer.ts";
import { ReconnectingPeer } from "./reconnecting_peer.ts";

Deno.test("a reconnecting peer loses no unsent call and repeats none in doubt while its server is killed every 5 s (close/in-doubt)", async () => {
  const clock = new VirtualClock();
  const runs = new Map<number, number>();
  const handlers = new Handlers().handle("work", (call: number) => {
    runs.set(call, (runs.get(call) ?? 0) + 1);
    const { promise, resolve } = Promise.withResolvers<number>();
    clock.schedule(() => resolve(call), call % 7 * 100);
    return promise;
  });
  const peers = new Set<Peer>();
  let random = 1;
  const open = () => {
    const [here, there] = memoryPair();
    peers.add(new Peer(there, { handlers, role: "acceptor", clock }));
    return here;
  };
  await using client = new ReconnectingPeer(open, {
    clock,
    random: () => (random = random * 16807 % 2147483647) / 2147483647,
  });

  const seconds = 600;
  const calls: Watched<unknown>[] = [];
  for (let second = 0; second < seconds; second++) {
    for (let tenth = 0; tenth < 10; tenth++) {
      const number = calls.length;
      const idempotent = number % 3 === 0;
      calls.push(watch(client.request("work", number, { idempotent })));
      await clock.advance(100);
    }
    if (second % 5 < 4) continue;
    for (const peer of peers) peer.abort(new Error("killed"));
    peers.clear();
  }
  await clock.advance(10_000);

  let inDoubt = 0;
  let repeated = 0;
  for (const [number, call] of calls.entries()) {
    const ran = runs.get(number) ?? 0;
    if (number % 3 === 0) {
      assertEquals(call.value, number);
      if (ran > 1) repeated++;
    } else {
      assertLess(ran, 2, `call ${number} ran ${ran} times`);
      if (call.state === "resolved") assertEquals(ran, 1);
      else {
        inDoubt++;
        assertEquals(
          call.rejection(isConnectionClosedError).outcome,
          "unknown",
        );
      }
    }
  }
  assertEquals(calls.length, seconds * 10);
  assertGreater(inDoubt, 100);
  assertGreater(repeated, 50);
  for (const peer of peers) peer.abort();
});
