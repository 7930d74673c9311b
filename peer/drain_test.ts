import { assertEquals } from "@std/assert";
import { isConnectionClosedError } from "./connection_closed_error.ts";
import { Handlers } from "./handlers.ts";
import {
  ScriptedPeer,
  type ScriptedPeerOptions,
  watch,
  type Watched,
} from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";

/** Opens a peer that drains as version 1 lets it; `drain_extension_test.ts` is about more. */
function open(options: ScriptedPeerOptions = {}): Promise<ScriptedPeer> {
  return ScriptedPeer.open({ extensions: false, ...options });
}

Deno.test("a handler that drains in its synchronous part has its answer sent", async (t) => {
  let drained: Watched<void>;
  const gate = Promise.withResolvers<void>();
  const handlers = new Handlers()
    .handleText("sync", (_, { peer }) => {
      drained = watch(peer.drain());
      return "saved";
    })
    .handleText("async", async (_, { peer }) => {
      drained = watch(peer.drain());
      await gate.promise;
      return "saved";
    })
    .handleText("fails", (_, { peer }) => {
      drained = watch(peer.drain());
      throw new Error("not saved");
    })
    .handleText("asks", async (_, { peer }) => {
      drained = watch(peer.drain());
      return await peer.requestText("back", "");
    })
    .handleStream("stream", async function* (_, { peer }) {
      drained = watch(peer.drain());
      await gate.promise;
      yield new TextEncoder().encode("saved");
    });
  const cases = {
    "r0001004sync00000000": "R000100000005saved",
    "r0001005async00000000": "R000100000005saved",
    "r0001005fails00000000": "E00010000000einternal error",
    "s0001006stream00000000": "S000100000005savedS000100000000",
    "r0001004asks00000000": "R000100000005saved",
  };
  for (const [request, answer] of Object.entries(cases)) {
    await t.step(request, async () => {
      await using script = await open({ handlers });
      await script.say(request);
      if (request.includes("asks")) {
        assertEquals(script.heard(), "r0000004back00000000");
        await script.say("R000000000005saved");
      }
      gate.resolve();
      await settled();
      assertEquals(script.heard(), answer);
      await script.clock.advance(99);
      assertEquals(drained.state, "pending");
      await script.clock.advance(1);
      assertEquals(drained.state, "resolved");
    });
  }
});

Deno.test("a notification handler that drains in its synchronous part has the drain wait for it", async () => {
  const gate = Promise.withResolvers<void>();
  let drained: Watched<void> | undefined;
  const handlers = new Handlers().onNotification("end", async (_, { peer }) => {
    drained = watch(peer.drain());
    await gate.promise;
    await peer.notify("ended");
  });
  await using script = await open({ handlers });
  await script.say("n003end00000000");
  await script.clock.advance(4000);
  assertEquals(drained?.state, "pending");
  gate.resolve();
  await settled();
  assertEquals(script.heard(), "n005ended00000000");
  assertEquals(drained?.state, "resolved");
});

Deno.test("drain() handles what the remote peer requests while calls are outstanding", async () => {
  const handlers = new Handlers()
    .handleText("confirm", () => "yes")
    .handleText("relay", (_, { peer }) => peer.requestText("work", ""));
  await using script = await open({ handlers, random: () => 0 });
  const work = watch(script.peer.requestText("work", ""));
  const drained = watch(script.peer.drain());
  await settled();
  script.heard();
  await script.say("r0001007confirm00000000");
  assertEquals(script.heard(), "R000100000003yes");
  // What was requested meanwhile is completed, but opens no door to others.
  await script.say("r0002005relay00000000");
  assertEquals(script.heard(), "r0001004work00000000");
  await script.say("R000000000004done");
  assertEquals(work.value, "done");
  await script.say("r0003007confirm00000000");
  assertEquals(script.heard(), "e0003000001f40000000dshutting down");
  await script.say("R000100000004done");
  assertEquals(script.heard(), "R000200000004done");
  assertEquals(drained.state, "pending");
  await script.clock.advance(100);
  assertEquals(drained.state, "resolved");
});

Deno.test("drain() lets running handlers make calls, and handles what these need", async () => {
  const gate = Promise.withResolvers<void>();
  const handlers = new Handlers()
    .handleText("work", async (_, { peer }) => {
      await gate.promise;
      return await peer.requestText("confirm", "");
    })
    .handleText("who", () => "me");
  await using script = await open({ handlers, random: () => 0 });
  await script.say("r0001004work00000000");
  const drained = watch(script.peer.drain());
  await script.say("r0002003who00000000");
  assertEquals(script.heard(), "e0002000001f40000000dshutting down");
  gate.resolve();
  await settled();
  assertEquals(script.heard(), "r0000007confirm00000000");
  await script.say("r0003003who00000000");
  assertEquals(script.heard(), "R000300000002me");
  await script.say("R000000000003yes");
  assertEquals(script.heard(), "R000100000003yes");
  const late = watch(script.peer.requestText("more", ""));
  await settled();
  assertEquals(late.rejection(isConnectionClosedError).outcome, "not-sent");
  await script.clock.advance(100);
  assertEquals(drained.state, "resolved");
});

Deno.test("drain() refuses requests until none has arrived for its quiet time", async (t) => {
  for (const quiet of [undefined, 20, 1000]) {
    await t.step(`${quiet}`, async () => {
      const handlers = new Handlers().handleText("x", () => "");
      await using script = await open({
        handlers,
        random: () => 0,
        role: "acceptor",
        limits: { closeTimeout: 10_000 },
      });
      const drained = watch(
        script.peer.drain(quiet === undefined ? {} : { quiet }),
      );
      for (let time = 0; time < 3; time++) {
        await script.clock.advance((quiet ?? 100) - 1);
        await script.say(`r000${time}001x00000000`);
        assertEquals(
          script.heard(),
          `e000${time}000001f40000000dshutting down`,
        );
      }
      await script.clock.advance((quiet ?? 100) - 1);
      assertEquals(drained.state, "pending");
      await script.clock.advance(1);
      assertEquals(drained.state, "resolved");
    });
  }
});

Deno.test("drain() ends after its timeout, however many requests arrive", async () => {
  await using script = await open({ role: "acceptor" });
  const drained = watch(script.peer.drain({ timeout: 300 }));
  for (let time = 0; time < 6; time++) {
    assertEquals(drained.state, "pending");
    await script.say(`r000${time}001x00000000`);
    await script.clock.advance(50);
  }
  assertEquals(drained.state, "resolved");
});

Deno.test("drain() has no quiet time if the remote peer requests nothing or has ended its direction", async () => {
  await using client = await open();
  const first = watch(client.peer.drain());
  await settled();
  assertEquals(first.state, "resolved");

  const gate = Promise.withResolvers<void>();
  const handlers = new Handlers().handleText(
    "x",
    async () => (await gate.promise, ""),
  );
  await using server = await open({ handlers, role: "acceptor" });
  await server.say("r0001001x00000000");
  await server.end();
  const second = watch(server.peer.drain());
  gate.resolve();
  await settled();
  assertEquals(server.heard(), "R000100000000");
  assertEquals(second.state, "resolved");
});

Deno.test("drain() waits for the handlers of notifications, and drops those that arrive meanwhile", async () => {
  const gate = Promise.withResolvers<void>();
  let handled = 0;
  const handlers = new Handlers().onNotification("x", async () => {
    await gate.promise;
    handled++;
  });
  await using script = await open({ handlers, role: "acceptor" });
  await script.say("n001x00000000");
  const drained = watch(script.peer.drain());
  await script.clock.advance(50);
  // Until it is quiet, they are handled.
  await script.say("n001x00000000");
  await script.clock.advance(50);
  await script.say("n001x00000000");
  assertEquals(script.events, [
    { type: "drop", kind: "Notification", reason: "draining" },
  ]);
  assertEquals([drained.state, handled], ["pending", 0]);
  gate.resolve();
  await settled();
  assertEquals([drained.state, handled], ["resolved", 2]);
});

Deno.test("drain() waits for the handlers of notifications that run on after the connection has ended", async (t) => {
  for (
    const [what, begin] of [
      ["before", async (script: ScriptedPeer) => {
        await script.end();
        await settled();
        return watch(script.peer.drain());
      }],
      ["while it drains", async (script: ScriptedPeer) => {
        const drained = watch(script.peer.drain());
        await script.end();
        await settled();
        return drained;
      }],
    ] as const
  ) {
    await t.step(what, async () => {
      const gates = ["a", "b"].map(() => Promise.withResolvers<void>());
      const handlers = new Handlers()
        .onNotificationText("x", (index) => gates[Number(index)]!.promise)
        .handle("hang", () => new Promise(() => {}));
      await using script = await open({ handlers, role: "acceptor" });
      await script.say("n001x000000010n001x000000011");
      const drained = await begin(script);
      await script.clock.advance(500);
      for (const gate of gates) {
        await script.clock.advance(500);
        assertEquals(drained.state, "pending");
        gate.resolve();
        await settled();
      }
      assertEquals(drained.state, "resolved");
    });
  }
});

Deno.test("drain() after the end of the connection ends with its timeout, and waits neither for requests nor for what took too long", async () => {
  const handlers = new Handlers()
    .onNotification("hang", () => new Promise(() => {}))
    .handle("hang", () => new Promise(() => {}));
  const limits = { handlerTimeout: 100 };
  for (const limited of [undefined, limits]) {
    await using script = await open({
      handlers,
      role: "acceptor",
      ...limited && { limits: limited },
    });
    await script.say("r0001004hang00000000n004hang00000000");
    if (limited !== undefined) await script.clock.advance(200);
    script.peer.abort(new Error("lost"));
    await settled();
    const drained = watch(script.peer.drain({ timeout: 500 }));
    await settled();
    const isHanging = limited === undefined;
    assertEquals(drained.state, isHanging ? "pending" : "resolved");
    await script.clock.advance(1_000);
    assertEquals(drained.state, "resolved");
  }
});
