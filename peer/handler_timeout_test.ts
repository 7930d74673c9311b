import { assertEquals } from "@std/assert";
import { text } from "../codec/mod.ts";
import { Handlers } from "./handlers.ts";
import type { Limits } from "./limits.ts";
import type { PeerEvent } from "./events.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";

/** Handlers that end when the test says so, and what their signals aborted with. */
class World {
  readonly reasons: unknown[] = [];
  readonly gates: PromiseWithResolvers<void>[] = [];
  readonly handlers = new Handlers()
    .use(({ signal }, next) => {
      signal.addEventListener(
        "abort",
        () => this.reasons.push((signal.reason as Error).name),
      );
      return next();
    })
    .handleText("hang", async () => (await this.gate(), "late"))
    .handleText("obey", (_, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      }))
    .handleText("sync", () => "at once")
    .handleStream("hang", async () => await this.gate())
    .handleStream(
      "feed",
      async function* (this: World) {
        for (;;) {
          await this.gate();
          yield text.encode("x");
        }
      }.bind(this),
    )
    .handleStream("read", async (parts) => {
      for await (const _ of parts) await this.gate();
    })
    .handleValues("values", async (_, { values }) => {
      for await (const _ of values) await this.gate();
    })
    .handleValues("hang-values", async () => (await this.gate(), []))
    .handleValues("rare", async () => (await this.gate(), []), {
      subscription: true,
    })
    .onNotification("hang", () => this.gate());

  gate(): Promise<void> {
    const gate = Promise.withResolvers<void>();
    this.gates.push(gate);
    return gate.promise;
  }

  open(limits: Partial<Limits> = {}): Promise<ScriptedPeer> {
    return ScriptedPeer.open({
      handlers: this.handlers,
      limits: { handlerTimeout: 1000, streamIdleTimeout: 1e9, ...limits },
      random: () => 0,
    });
  }

  /** Lets all handlers continue. */
  async release(): Promise<void> {
    for (const { resolve } of this.gates.splice(0)) resolve();
    await settled();
  }
}

function refused(operation: string, limit = "handlerTimeout"): PeerEvent {
  return { type: "refusal", operation, limit } as PeerEvent;
}

function counts({ peer }: ScriptedPeer): number[] {
  return [peer.stats.running, peer.stats.abandoned];
}

const TIMED_OUT = "0000000fhandler timeout";

Deno.test("handlerTimeout: a request whose handler takes longer is answered with an ErrorResult, and its place is free", async () => {
  const world = new World();
  await using script = await world.open({ maxConcurrentRequests: 2 });
  await script.say("r0001004hang00000000");
  await script.clock.advance(400);
  await script.say("r0002004hang00000000");
  await script.say("r0003004sync00000000");
  assertEquals(script.heard(), "e00030000019000000012request rate limit");
  await script.clock.advance(599);
  assertEquals(script.heard(), "");
  await script.clock.advance(1);
  assertEquals(script.heard(), `E0001${TIMED_OUT}`);
  assertEquals(world.reasons, ["TimeoutError"]);
  assertEquals(counts(script), [1, 1]);
  await script.say("r0003004sync00000000");
  assertEquals(script.heard(), "R000300000007at once");
  await script.clock.advance(400);
  assertEquals(script.heard(), `E0002${TIMED_OUT}`);
  assertEquals(counts(script), [0, 2]);
  assertEquals(script.events.slice(1), [refused("hang"), refused("hang")]);
  await world.release();
  assertEquals(script.heard(), "");
  assertEquals(counts(script), [0, 0]);
});

Deno.test("handlerTimeout: a handler that ends before has no limit while its result waits", async () => {
  const world = new World();
  await using script = await world.open({ writeHighWaterMarkBytes: 1 });
  await script.say("r0001004hang00000000");
  await script.clock.advance(999);
  script.channel.stall();
  for (let count = 0; count < 2; count++) {
    void script.peer.notify("x");
    await settled();
  }
  await world.release();
  await script.clock.advance(10_000);
  assertEquals([counts(script), world.reasons], [[1, 0], []]);
  script.channel.resume();
  await settled();
  assertEquals(script.heard(), "n001x00000000n001x00000000R000100000004late");
});

Deno.test("handlerTimeout: a handler that rejects with the reason of its signal is not reported again", async () => {
  const world = new World();
  await using script = await world.open();
  await script.say("r0001004obey00000000");
  await script.clock.advance(1000);
  assertEquals(script.heard(), `E0001${TIMED_OUT}`);
  assertEquals(script.events, [refused("obey")]);
  assertEquals(counts(script), [0, 0]);
});

Deno.test("handlerTimeout: the failure of a handler that was abandoned is reported", async () => {
  const world = new World();
  await using script = await world.open();
  await script.say("r0001004hang00000000n004hang00000000");
  await script.clock.advance(1000);
  const error = new Error("late");
  for (const { reject } of world.gates) reject(error);
  await settled();
  const failure = {
    type: "handler-error",
    operation: "hang",
    error,
  };
  assertEquals(script.events.slice(2), [failure, failure]);
  assertEquals(script.heard(), `E0001${TIMED_OUT}`);
});

Deno.test("maxAbandonedHandlers: requests beyond it are refused with a RetryResult, and notifications dropped", async () => {
  const world = new World();
  await using script = await world.open({ maxAbandonedHandlers: 2 });
  await script.say("r0001004hang00000000n004hang00000000");
  await script.clock.advance(1000);
  assertEquals(script.heard(), `E0001${TIMED_OUT}`);
  assertEquals(script.events.splice(0), [refused("hang"), refused("hang")]);
  await script.say("r0002004sync00000000s0003004hang00000000n004hang00000000");
  assertEquals(
    script.heard(),
    "e0002000001f400000012request rate limite0003000001f400000011stream rate limit",
  );
  assertEquals(script.events, [
    refused("sync", "maxAbandonedHandlers"),
    refused("hang", "maxAbandonedHandlers"),
    { type: "drop", kind: "Notification", reason: "too-many" },
  ]);
  await world.release();
  await script.say("r0002004sync00000000");
  assertEquals(script.heard(), "R000200000007at once");
});

Deno.test("maxAbandonedHandlers: by default as many as maxConcurrentRequests", async () => {
  const world = new World();
  await using script = await world.open({ maxConcurrentRequests: 3 });
  for (let call = 0; call < 2; call++) {
    await script.say("r0001004hang00000000".repeat(3));
    await script.clock.advance(1000);
  }
  assertEquals(
    script.heard(),
    `E0001${TIMED_OUT}`.repeat(3) +
      "e0001000001f400000012request rate limit".repeat(3),
  );
  await world.release();
});

Deno.test("handlerTimeout: the handler of a notification that takes longer leaves its place to others", async () => {
  const world = new World();
  await using script = await world.open({ maxConcurrentNotifications: 1 });
  await script.say("n004hang00000000n004hang00000000");
  assertEquals(script.events.splice(0).map(({ type }) => type), ["drop"]);
  await script.clock.advance(1000);
  assertEquals(script.events, [refused("hang")]);
  assertEquals([counts(script), world.reasons], [[0, 1], ["TimeoutError"]]);
  await script.say("n004hang00000000");
  assertEquals(script.events.length, 1);
  await world.release();
  assertEquals(counts(script), [0, 0]);
});

Deno.test("handlerTimeout: a stream whose handler sends nothing is answered with an ErrorResult, and its place is free", async () => {
  const world = new World();
  await using script = await world.open({ maxConcurrentStreams: 1 });
  await script.say("s0001004hang00000000p000100000000");
  await script.clock.advance(999);
  assertEquals(script.heard(), "");
  await script.clock.advance(1);
  assertEquals(script.heard(), `E0001${TIMED_OUT}`);
  assertEquals(script.events, [refused("hang")]);
  assertEquals([counts(script), world.reasons], [[0, 1], ["AbortError"]]);
  await script.say("s0002004feed00000000p000200000000");
  await world.release();
  assertEquals(script.heard(), "S000200000001x");
  assertEquals(counts(script), [1, 0]);
});

Deno.test("handlerTimeout: each part of a stream restarts the time, which stops while the remote peer must act", async () => {
  const world = new World();
  await using script = await world.open();
  await script.say("s0001004feed00000000p000100000000");
  for (let part = 0; part < 3; part++) {
    await script.clock.advance(999);
    await world.release();
    assertEquals(script.heard(), "S000100000001x");
  }
  // A part that does not leave.
  script.channel.stall();
  await world.release();
  await script.clock.advance(5_000);
  script.channel.resume();
  await settled();
  assertEquals(script.heard(), "S000100000001x");
  await script.clock.advance(2_000);
  assertEquals(script.heard(), `E0001${TIMED_OUT}`);

  // All input was read.
  await script.say("s0002004read00000001a");
  await world.release();
  await script.clock.advance(5_000);
  assertEquals(script.heard(), "");
  await script.say("p000200000001bp000200000001c");
  await script.clock.advance(1_000);
  assertEquals(script.heard(), `E0002${TIMED_OUT}`);
});

Deno.test("handlerTimeout: a handler of values that reads none is answered with an ErrorResult, although the caller may send some", async () => {
  const world = new World();
  await using script = await world.open();
  await script.say("s000100bhang-values00000000");
  await script.clock.advance(1_000);
  assertEquals(script.heard(), `E0001${TIMED_OUT}`);

  // One that waits for a value does not expire, one that works on it does.
  await script.say("s0002006values00000000");
  await script.clock.advance(5_000);
  assertEquals(script.heard(), "");
  await script.say("p0002000000011");
  await script.clock.advance(1_000);
  assertEquals(script.heard(), `E0002${TIMED_OUT}`);

  // The events of a subscription may be rare.
  await script.say("s0003004rare00000000");
  await script.clock.advance(5_000);
  assertEquals(script.heard(), "");
  await world.release();
  assertEquals(script.heard(), "S000300000000");
});

Deno.test("streamIdleTimeout: a handler that ignores the end of its stream leaves its place to others", async () => {
  const world = new World();
  await using script = await world.open({
    handlerTimeout: Infinity,
    streamIdleTimeout: 100,
    maxConcurrentStreams: 1,
  });
  await script.say("s0001004hang00000000");
  await script.clock.advance(100);
  assertEquals(script.heard(), "E000100000013stream idle timeout");
  assertEquals(counts(script), [0, 1]);
  await script.say("s0002004hang00000000p000200000000");
  assertEquals(script.heard(), "");
  await world.release();
  assertEquals(script.heard(), "S000200000000");
  assertEquals(counts(script), [0, 0]);
});

Deno.test("handlerTimeout: 256 handlers that hang do not block a connection", async () => {
  const world = new World();
  await using script = await world.open({ maxAbandonedHandlers: Infinity });
  await script.say("r0001004hang00000000".repeat(256));
  await script.clock.advance(1000);
  script.heard();
  await script.say("r0002004sync00000000");
  assertEquals(script.heard(), "R000200000007at once");
});

Deno.test("a drain does not wait for handlers that were abandoned", async () => {
  const world = new World();
  await using script = await world.open();
  await script.say("r0001004hang00000000n004hang00000000");
  const drained = watch(script.peer.drain());
  await script.clock.advance(1100);
  assertEquals(
    script.heard(),
    `n00cgotalk:drain0000000dshutting downE0001${TIMED_OUT}`,
  );
  assertEquals(drained.state, "resolved");
});

Deno.test("the handlers of a connection that has ended count until they have ended", async () => {
  const world = new World();
  await using script = await world.open();
  await script.say("r0001004hang00000000n004hang00000000s0002004hang00000000");
  assertEquals(counts(script), [2, 0]);
  await script.peer.close();
  assertEquals(counts(script), [0, 3]);
  await world.release();
  assertEquals(counts(script), [0, 0]);
});

for (const kind of ["a request", "a stream"] as const) {
  Deno.test(`an observer can end the connection when a handler is abandoned: ${kind}`, async () => {
    const world = new World();
    await using script = await ScriptedPeer.open({
      handlers: world.handlers,
      limits: { handlerTimeout: 1000, streamIdleTimeout: 1e9 },
      onEvent: (event) => {
        if (event.type === "refusal") event.peer.abort(new Error("enough"));
      },
    });
    await script.say(
      kind === "a request"
        ? "r0001004hang00000000"
        : "s0001004hang00000000p000100000000",
    );
    await script.clock.advance(1000);
    assertEquals(script.peer.state, "closed");
    assertEquals(world.reasons, ["Error"]);
    assertEquals(script.peer.stats.running, 0);
    await world.release();
    assertEquals(script.peer.stats.abandoned, 0);
  });
}
