import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { isLimitError, isProtocolError, text } from "../codec/mod.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { Handlers } from "./handlers.ts";
import { checkedLimits, DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { OperationError } from "./operation_error.ts";

/** Handlers of each kind: some return at once, some never. */
const handlers = new Handlers()
  .handleBytes("echo", (payload) => payload)
  .handle("never", () => new Promise(() => {}))
  .handleStream("echo", (parts) => parts)
  .handleStream("never", () => new Promise<void>(() => {}))
  .onNotificationBytes("never", () => new Promise<void>(() => {}))
  .onNotificationBytes("note", () => {});

/** Returns a peer with these handlers and limits. */
function open(limits: Partial<Limits> = {}): Promise<ScriptedPeer> {
  return ScriptedPeer.open({ handlers, limits, random: () => 0 });
}

Deno.test("the default limits are the documented ones", () => {
  assertEquals(DEFAULT_LIMITS, {
    maxPayloadBytes: 16_777_216,
    maxNameBytes: 4095,
    maxJsonBytes: 1_048_576,
    maxJsonDepth: 256,
    maxJsonKeys: 30_000,
    maxSkippedBytes: 67_108_864,
    maxConcurrentRequests: 256,
    maxConcurrentStreams: 64,
    maxConcurrentNotifications: 1024,
    handlerTimeout: Infinity,
    maxAbandonedHandlers: 256,
    cancelTimeout: 5_000,
    maxCancelsPerSecond: 500,
    maxPendingRequests: 256,
    maxPendingStreams: 64,
    writeHighWaterMarkBytes: 1_048_576,
    maxWriteQueueBytes: 16_777_216,
    maxUnreadBytesPerStream: 1_048_576,
    maxUnreadBytes: 8_388_608,
    maxHeldBytes: 134_217_728,
    maxPartBytes: 16_384,
    handshakeTimeout: 5_000,
    loginTimeout: 10_000,
    maxLoginPayloadBytes: 65_536,
    heartbeatInterval: 20_000,
    receiveTimeout: 45_000,
    writeTimeout: 30_000,
    streamIdleTimeout: 120_000,
    progressTimeout: 10_000,
    minReceiveBytesPerSecond: 1024,
    closeTimeout: 5_000,
    overloadWait: [50, 5_000],
    maxUnproductiveBurst: 10_000,
    maxUnproductivePerSecond: 1_000,
  });
});

Deno.test("maxPayloadBytes: a request at the limit is answered, a larger one is skipped and answered with an ErrorResult (limits/request-payload)", async () => {
  for (const kind of ["r", "s"]) {
    await using script = await open({ maxPayloadBytes: 10 });
    const end = kind === "s" ? "p000100000000" : "";
    await script.say(`${kind}0001004echo0000000a0123456789${end}`);
    assert(script.heard().includes("0000000a0123456789"));
    await script.say(`${kind}0002004echo0000000b0123`);
    assertEquals(script.heard(), "E000200000011payload too large");
    await script.say("4567890");
    await script.say("r0003004echo00000002hi");
    assertEquals(script.heard(), "R000300000002hi");
    assertEquals(script.events, [
      { type: "refusal", operation: "echo", limit: "maxPayloadBytes" },
    ]);
  }
});

Deno.test("maxPayloadBytes: parts of a stream whose request was too large are ignored (stream/late-parts)", async () => {
  await using script = await open({ maxPayloadBytes: 10 });
  await script.say(`s0001004echo0000000b${"x".repeat(11)}`);
  await script.say("p000100000001xp000100000000");
  assertEquals(script.heard(), "E000100000011payload too large");
  assertEquals(script.peer.state, "open");
});

Deno.test("maxPayloadBytes: a part above the limit fails its stream (limits/part-payload, stream/late-parts)", async () => {
  await using script = await open({ maxPayloadBytes: 10 });
  await script.say("s0001004echo00000000p00010000000a0123456789");
  assertEquals(script.heard(), "S00010000000a0123456789");
  await script.say("p00010000000b0123456789x");
  assertEquals(script.heard(), "E000100000011payload too large");
  assertEquals(script.events, [
    { type: "refusal", operation: "echo", limit: "maxPayloadBytes" },
  ]);
  await script.say("p000100000001xp00010000000b0123456789xp000100000000");
  assertEquals(script.heard(), "");
  assertEquals(script.peer.state, "open");
  assertEquals(script.peer.stats.running, 0);
});

Deno.test("maxPayloadBytes: a part above the limit after the end marker is ignored (stream/part-after-end)", async () => {
  await using script = await open({ maxPayloadBytes: 10 });
  await script.say("s0001005never00000000p000100000000");
  await script.say("p00010000000b0123456789x");
  assertEquals(script.heard(), "");
});

Deno.test("maxPayloadBytes: a part above the limit that belongs to no stream is refused with code 2 (stream/unknown-part)", async () => {
  await using script = await open({ maxPayloadBytes: 10 });
  await script.say("p00010000000b0123456789x");
  assertEquals(script.heard(), "f00000002");
});

Deno.test("maxPayloadBytes: a notification above the limit is dropped and reported (limits/other-payload)", async () => {
  await using script = await open({ maxPayloadBytes: 10 });
  await script.say("n004note0000000b0123456789xr0001004echo00000000");
  assertEquals(script.heard(), "R000100000000");
  assertEquals(script.events, [
    { type: "drop", kind: "Notification", reason: "too-large" },
  ]);
});

Deno.test("maxPayloadBytes: a result above the limit fails only its call, whose ID stays reserved until the result is complete (limits/other-payload)", async () => {
  for (const answer of ["R", "E"]) {
    await using script = await open({ maxPayloadBytes: 10 });
    const call = watch(script.peer.requestText("x", ""));
    const other = watch(script.peer.requestText("y", ""));
    await script.say(`${answer}00000000000b0123456789x`);
    const error = call.rejection(isLimitError);
    assertEquals(error.code, "maxPayloadBytes");
    assertEquals(
      error.message,
      'Cannot accept the result of "x": its payload is 11 bytes, wanted at most 10',
    );
    await script.say("R00010000000a0123456789");
    assertEquals(other.value, "0123456789");
  }
  await using script = await open({ maxPayloadBytes: 10 });
  const reading = watch(Array.fromAsync(script.peer.stream("x").readable));
  await script.opened();
  await script.say("S000000000001aS00000000000b0123456789x");
  assertEquals(reading.rejection(isLimitError).code, "maxPayloadBytes");
  await script.say("S000000000001bS000000000000");
  assertEquals(
    script.events,
    Array(2).fill({
      type: "drop",
      kind: "StreamResult",
      reason: "call-abandoned",
    }),
  );
});

Deno.test("maxPayloadBytes: unknown results above the limit are skipped and counted (request/unknown-answer)", async () => {
  await using script = await open({
    maxPayloadBytes: 10,
    maxUnproductiveBurst: 2,
    maxUnproductivePerSecond: 0,
  });
  await script.say("R99990000000b0123456789xR99990000000b0123456789x");
  assertEquals(script.peer.state, "open");
  assertEquals(script.peer.stats.dropped, 2);
  await script.say("R99990000000b0123456789x");
  assertEquals(script.heard(), "f00000002");
});

Deno.test("maxPayloadBytes: the joined parts of a single result count together", async () => {
  await using script = await open({ maxPayloadBytes: 10 });
  const fits = script.peer.requestText("x", "");
  await script.say("S00000000000501234S00000000000556789S000000000000");
  assertEquals(await fits, "0123456789");
  const call = watch(script.peer.requestText("x", ""));
  await script.say("S00010000000501234S00010000000656789x");
  assertEquals(call.rejection(isLimitError).code, "maxPayloadBytes");
  await script.say("S000100000000");
  assertEquals(script.peer.state, "open");
});

Deno.test("maxSkippedBytes: a payload at the limit is skipped, a larger one ends the conversation at its size (limits/skip)", async () => {
  await using at = await open({ maxPayloadBytes: 10, maxSkippedBytes: 20 });
  await at.say(`r0001004echo00000014${"x".repeat(20)}r0002004echo00000000`);
  assertEquals(at.heard(), "E000100000011payload too largeR000200000000");
  for (
    const header of ["r0001004echo", "n004note", "p0001", "R0001", "S0001"]
  ) {
    await using past = await open({ maxPayloadBytes: 10, maxSkippedBytes: 20 });
    await past.say(`${header}00000015`);
    assertEquals(past.heard(), "f00000002", header);
    const { error } = await past.peer.closed;
    assertEquals(isProtocolError(error) && error.reason, "over-limit");
    assertEquals(isProtocolError(error) && error.offset, 2 + header.length);
  }
  await using standard = await open();
  await standard.say("r0001004echo04000001");
  assertEquals(standard.heard(), "f00000002");
});

Deno.test("maxNameBytes: a name at the limit is accepted, a longer one ends the conversation at its length (limits/name)", async () => {
  await using script = await open({ maxNameBytes: 4 });
  await script.say("r0001004echo00000000");
  assertEquals(script.heard(), "R000100000000");
  await script.say("r0002005");
  assertEquals(script.heard(), "f00000002");
});

Deno.test("maxConcurrentRequests: a request beyond the limit is answered with a RetryResult until another completes (limits/requests)", async () => {
  const gates: PromiseWithResolvers<string>[] = [];
  const waiting = new Handlers(handlers).handleText("wait", () => {
    const gate = Promise.withResolvers<string>();
    gates.push(gate);
    return gate.promise;
  });
  await using script = await ScriptedPeer.open({
    handlers: waiting,
    random: () => 0,
    limits: { maxConcurrentRequests: 2 },
  });
  await script.say("r0001004wait00000000r0002004wait00000000");
  await script.say("r0003004wait00000001x");
  assertEquals(script.heard(), "e00030000003200000012request rate limit");
  assertEquals(script.events, [
    { type: "refusal", operation: "wait", limit: "maxConcurrentRequests" },
  ]);
  gates[0]!.resolve("");
  await settled();
  assertEquals(script.heard(), "R000100000000");
  await script.say("r0004004wait00000000");
  assertEquals(script.heard(), "");
  assertEquals(gates.length, 3);
});

Deno.test("maxConcurrentRequests: the limit is 256 by default", async () => {
  await using script = await open();
  await script.say("r0001005never00000000".repeat(256));
  assertEquals(script.heard(), "");
  await script.say("r0002005never00000000");
  assert(script.heard().startsWith("e0002"));
});

Deno.test("maxConcurrentStreams: streams are counted separately, and parts of a refused stream are ignored (limits/requests, stream/late-parts)", async () => {
  await using script = await open({
    maxConcurrentStreams: 1,
    maxConcurrentRequests: 1,
  });
  await script.say("s0001005never00000000r0001005never00000000");
  await script.say("s0002005never00000001ap000200000001bp000200000000");
  assertEquals(script.heard(), "e00020000003200000011stream rate limit");
  assertEquals(script.peer.state, "open");
  assertEquals(script.peer.stats.running, 2);
});

Deno.test("a limit of 0 is answered with an ErrorResult, since a later request would fail as well (stream/refused)", async () => {
  const cases = [
    ["maxConcurrentStreams", "s", "1dstream requests not supported"],
    ["maxConcurrentRequests", "r", "1dsingle requests not supported"],
    ["maxPayloadBytes", "r", "11payload too large"],
    ["maxPayloadBytes", "s", "11payload too large"],
  ] as const;
  for (const [limit, kind, answer] of cases) {
    await using script = await open({ [limit]: 0 });
    await script.say(`${kind}0001004echo00000001a`);
    if (kind === "s") await script.say("p000100000001ap000100000000");
    assertEquals(script.heard(), `E0001000000${answer}`, limit);
    assertEquals(script.events[0], {
      type: "refusal",
      operation: "echo",
      limit,
    });
    assertEquals(script.peer.state, "open");
  }
});

Deno.test("overload: an ErrorResult can replace the RetryResult (limits/no-retry)", async () => {
  await using script = await ScriptedPeer.open({
    handlers,
    overload: "error",
    limits: { maxConcurrentRequests: 1 },
  });
  await script.say("r0001005never00000000r0002005never00000000");
  assertEquals(script.heard(), "E000200000012request rate limit");
});

Deno.test("overloadWait: the wait is random within the range (limits/wait)", async () => {
  const waits: number[] = [];
  for (const random of [0, 0.5, 1 - 2 ** -32]) {
    await using script = await ScriptedPeer.open({
      handlers,
      random: () => random,
      limits: { maxConcurrentRequests: 1, overloadWait: [100, 300] },
    });
    await script.say("r0001005never00000000r0002005never00000000");
    const [answer] = script.channel.takeMessages();
    waits.push(answer?.kind === "RetryResult" ? answer.wait : NaN);
  }
  assertEquals(waits, [100, 150, 200]);
});

Deno.test("maxConcurrentNotifications: notifications beyond the limit are dropped", async () => {
  await using script = await open({ maxConcurrentNotifications: 2 });
  await script.say("n005never00000000".repeat(3) + "n004note00000000");
  assertEquals(
    script.events,
    Array(2).fill({ type: "drop", kind: "Notification", reason: "too-many" }),
  );
});

Deno.test("maxPendingRequests: calls beyond the limit are queued and sent in order", async () => {
  await using script = await open({ maxPendingRequests: 2 });
  const done: string[] = [];
  const calls = ["a", "b", "c", "d"].map((operation) =>
    script.peer.requestText(operation, "").then(() => {
      done.push(operation);
      // A new call does not overtake queued ones.
      return operation === "a" ? script.peer.requestText("e", "") : "";
    })
  );
  await settled();
  assertEquals(script.heard(), "r0000001a00000000r0001001b00000000");
  assertEquals(script.peer.stats.pending, 4);
  await script.say("R000000000000");
  assertEquals(script.heard(), "r0002001c00000000");
  await script.say("R000100000000R000200000000");
  assertEquals(script.heard(), "r0003001d00000000r0004001e00000000");
  await script.say("R000300000000R000400000000");
  await Promise.all(calls);
  assertEquals(done, ["a", "b", "c", "d"]);
});

Deno.test("maxPendingStreams: streams beyond the limit are queued, apart from single calls", async () => {
  await using script = await open({ maxPendingStreams: 1 });
  const streams = ["a", "b"].map((operation) => {
    const { readable, writable } = script.peer.stream(operation);
    const writing = watch(writable.getWriter().write(text.encode("x")));
    return { readable, writing };
  });
  const call = watch(script.peer.requestText("c", ""));
  await settled();
  assertEquals(script.heard(), "r0000001c00000000s0001001a00000001x");
  assertEquals(streams[1]!.writing.state, "pending");
  await script.say("R000000000000");
  assertEquals(call.state, "resolved");
  assertEquals(script.heard(), "");
  await script.say("S000100000000");
  assertEquals(script.heard(), "s0002001b00000001x");
  assertEquals(streams[1]!.writing.state, "resolved");
  await script.say("S000200000000");
  assertEquals(await Array.fromAsync(streams[1]!.readable), []);
});

Deno.test("maxPendingStreams: a queued stream is sent once no other has ended for 5 seconds, and the remote peer decides", async () => {
  await using script = await open({
    maxPendingStreams: 1,
    receiveTimeout: Infinity,
    heartbeatInterval: Infinity,
  });
  const [, writing] = ["a", "b"].map((operation) =>
    watch(
      script.peer.stream(operation).writable.getWriter().write(
        text.encode("x"),
      ),
    )
  );
  await settled();
  script.heard();
  await script.clock.advance(4_999);
  assertEquals(script.heard(), "");
  await script.clock.advance(1);
  assertEquals(script.heard(), "s0001001b00000001x");
  assertEquals(writing!.state, "resolved");
});

Deno.test("maxUnreadBytesPerStream: memory is charged, which tiny parts share (limits/unread)", async () => {
  const reads = Promise.withResolvers<void>();
  const slow = new Handlers().handleStream("up", async (parts) => {
    await reads.promise;
    await Array.fromAsync(parts);
  });
  await using script = await ScriptedPeer.open({
    handlers: slow,
    extensions: false,
    limits: { maxUnreadBytesPerStream: 3000 },
  });
  await script.say("s0001002up00000000");
  // The first part is charged 1 + 512 bytes, a block for 513 others 513 + 512, and each of them 16.
  for (let part = 0; part < 600; part += 100) {
    await script.say("p000100000001x".repeat(100));
  }
  assertEquals(script.peer.stats.messagesIn, 1 + 1 + 92);
  reads.resolve();
  await settled();
  assertEquals(script.peer.stats.messagesIn, 1 + 600);
});

Deno.test("maxUnreadBytes: all streams count together (limits/unread)", async () => {
  await using script = await ScriptedPeer.open({
    handlers,
    limits: { maxUnreadBytes: 1290 },
  });
  await script.say("s0001005never00000000s0002005never00000000");
  for (let part = 0; part < 10; part++) {
    await script.say("p000100000001xp000200000001x");
  }
  // The first parts are charged 513 bytes each, the block that the third begins 513 + 512.
  assertEquals(script.peer.stats.messagesIn, 2 + 3);
});

Deno.test("maxUnproductiveBurst, maxUnproductivePerSecond: unproductive messages above the rate end the conversation with code 2 (limits/idle-messages)", async () => {
  const unproductive = {
    heartbeats: "h00005f63ee48",
    "unknown results": "R999900000000",
    "late parts": "p000100000001x",
  };
  for (const [what, message] of Object.entries(unproductive)) {
    await using script = await open({
      maxUnproductiveBurst: 100,
      maxUnproductivePerSecond: 10,
    });
    await script.say("s0001004nope00000000p000100000000");
    script.heard();
    // The end marker was under way when the stream was refused.
    await script.say(message.repeat(100));
    assertEquals(script.peer.state, "open", what);
    await script.clock.advance(1000);
    await script.say(message.repeat(10));
    assertEquals(script.peer.state, "open", what);
    await script.say(message);
    assertEquals(script.heard(), "f00000002", what);
  }
});

const ENDED_EARLY = new Handlers()
  .handleStream("early", async function* (parts) {
    for await (const part of parts) {
      yield part;
      break;
    }
  })
  .handleValues("values", async function* (_, { values }) {
    for await (const value of values) {
      yield value;
      break;
    }
  })
  .handleStream("fails", () => {
    throw new OperationError("no");
  });

for (const name of ["early", "values", "fails", "nope"]) {
  Deno.test(`parts of a stream that was ended early are under way, up to maxPayloadBytes (limits/idle-messages): ${name}`, async () => {
    await using script = await ScriptedPeer.open({
      handlers: ENDED_EARLY,
      limits: { maxUnproductiveBurst: 100, maxPayloadBytes: 34_000 },
    });
    const length = name.length.toString(16).padStart(3, "0");
    await script.say(`s0001${length}${name}000000011p00010000000212`);
    script.heard();
    // Each counts 17 bytes.
    const part = "p0001000000011";
    await script.say(part.repeat(1_900));
    assertEquals(script.peer.state, "open");
    await script.say(part.repeat(300));
    assertEquals(script.heard(), "f00000002");
  });
}

Deno.test("parts after the end of a stream are not under way (limits/idle-messages, stream/part-after-end)", async () => {
  await using script = await open({ maxUnproductiveBurst: 100 });
  await script.say("s0001004nope00000000" + "p0001000000011".repeat(500));
  await script.say("p000100000000" + "p0001000000011".repeat(100));
  assertEquals(script.peer.state, "open");
  await script.say("p0001000000011");
  assert(script.heard().endsWith("f00000002"));
});

Deno.test("maxUnproductiveBurst: 10,000 messages are allowed by default, and ordinary messages do not count (limits/idle-messages)", async () => {
  await using script = await open();
  await script.say("n004note00000000".repeat(20_000));
  await script.say("r0001004echo00000000".repeat(2_000));
  await script.say("n004nope00000000".repeat(20_000));
  await script.say("h00005f63ee48".repeat(10_000));
  assertEquals(script.peer.state, "open");
  await script.say("h00005f63ee48");
  assert(script.heard().endsWith("f00000002"));
});

Deno.test("a limit out of its range throws a RangeError", async () => {
  for (
    const limits of [
      { maxPartBytes: 0 },
      { maxPayloadBytes: -1 },
      { handshakeTimeout: NaN },
      { maxPendingRequests: 0 },
      { maxPendingStreams: 0 },
      { overloadWait: [5, 1] as const },
    ]
  ) {
    await assertRejects(
      async () => await (await open(limits))[Symbol.asyncDispose](),
      RangeError,
      `Cannot set ${Object.keys(limits)[0]}`,
    );
  }
});

Deno.test("every limit rejects negative numbers and NaN, and every limit but overloadWait accepts Infinity", async () => {
  for (const [name, value] of Object.entries(DEFAULT_LIMITS)) {
    const isRange = Array.isArray(value);
    for (const wrong of [-1, NaN, -Infinity]) {
      await assertRejects(
        async () =>
          await (await open({ [name]: isRange ? [wrong, 1] : wrong }))
            [Symbol.asyncDispose](),
        RangeError,
        `Cannot set ${name}: got ${wrong}`,
      );
    }
    if (isRange) continue;
    await using script = await open({ [name]: Infinity });
    await script.say("r0001004echo00000002hi");
    assertEquals(script.heard(), "R000100000002hi", name);
  }
});

Deno.test("an unknown limit throws a TypeError that names it", async () => {
  // The second name is that of a property of every object.
  for (const name of ["maxPayload", "constructor"]) {
    await assertRejects(
      async () => await (await open({ [name]: 1 }))[Symbol.asyncDispose](),
      TypeError,
      `Cannot set ${name}: there is no such limit`,
    );
  }
});

Deno.test("peers with equal limits share one frozen object", () => {
  const [one, other] = [{ maxPartBytes: 7 }, { maxPartBytes: 7 }]
    .map(checkedLimits);
  assertStrictEquals(one, other);
  assert(Object.isFrozen(one));
  assertEquals(checkedLimits({ maxPartBytes: 8 }).maxPartBytes, 8);
});

Deno.test("overloadWait: the wait is as long as handlers take, also while none of them is measured (limits/wait)", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const handlers = new Handlers()
    .handleText("slow", () => promise)
    .handleText("never", () => new Promise(() => {}));
  await using script = await ScriptedPeer.open({
    handlers,
    random: () => 0,
    limits: { maxConcurrentRequests: 1, overloadWait: [0, 5_000] },
  });
  await script.say("r0001004slow00000000");
  await script.clock.advance(700);
  resolve("");
  await script.say("");
  // The second handler has just begun.
  await script.say("r0002005never00000000r0003005never00000000");
  script.heard();
  await script.say("r0004005never00000000");
  const [answer] = script.channel.takeMessages();
  assertEquals(answer?.kind === "RetryResult" && answer.wait, 1400);
});
