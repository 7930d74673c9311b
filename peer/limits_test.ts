import { assert, assertEquals, assertRejects } from "@std/assert";
import { isLimitError, isProtocolError, text } from "../codec/mod.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { Handlers } from "./handlers.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";

/** Handlers of each kind: some answer at once, some never. */
const handlers = new Handlers()
  .handleBytes("echo", (payload) => payload)
  .handle("never", () => new Promise(() => {}))
  .handleStream("echo", (parts) => parts)
  .handleStream("never", () => new Promise<void>(() => {}))
  .onNotificationBytes("never", () => new Promise<void>(() => {}))
  .onNotificationBytes("note", () => {});

/** A peer with these handlers and limits. */
function open(limits: Partial<Limits> = {}): Promise<ScriptedPeer> {
  return ScriptedPeer.open({ handlers, limits, random: () => 0 });
}

Deno.test("the defaults are those that are documented", () => {
  assertEquals(DEFAULT_LIMITS, {
    maxPayloadBytes: 16_777_216,
    maxNameBytes: 4095,
    maxSkippedBytes: 67_108_864,
    maxConcurrentRequests: 256,
    maxConcurrentStreams: 64,
    maxConcurrentNotifications: 1024,
    maxPendingRequests: 1024,
    writeHighWaterMarkBytes: 1_048_576,
    maxWriteQueueBytes: 16_777_216,
    maxUnreadBytesPerStream: 262_144,
    maxUnreadBytes: 8_388_608,
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
    overloadWait: [500, 5_000],
    maxUnproductiveBurst: 10_000,
    maxUnproductivePerSecond: 1_000,
  });
});

Deno.test("maxPayloadBytes: a request at the limit is answered, one past it fails and the conversation goes on", async () => {
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

Deno.test("maxPayloadBytes: parts of a stream that was refused for its first payload are ignored", async () => {
  await using script = await open({ maxPayloadBytes: 10 });
  await script.say(`s0001004echo0000000b${"x".repeat(11)}`);
  await script.say("p000100000001xp000100000000");
  assertEquals(script.heard(), "E000100000011payload too large");
  assertEquals(script.peer.state, "open");
});

Deno.test("maxPayloadBytes: a part past the limit fails its stream", async () => {
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

Deno.test("maxPayloadBytes: a large part behind the end marker is ignored as any other", async () => {
  await using script = await open({ maxPayloadBytes: 10 });
  await script.say("s0001005never00000000p000100000000");
  await script.say("p00010000000b0123456789x");
  assertEquals(script.heard(), "");
});

Deno.test("maxPayloadBytes: a large part of no stream is a fault", async () => {
  await using script = await open({ maxPayloadBytes: 10 });
  await script.say("p00010000000b0123456789x");
  assertEquals(script.heard(), "f00000002");
});

Deno.test("maxPayloadBytes: a notification past the limit is dropped and observed", async () => {
  await using script = await open({ maxPayloadBytes: 10 });
  await script.say("n004note0000000b0123456789xr0001004echo00000000");
  assertEquals(script.heard(), "R000100000000");
  assertEquals(script.events, [
    { type: "drop", kind: "Notification", reason: "too-large" },
  ]);
});

Deno.test("maxPayloadBytes: an answer past the limit fails its call alone, and frees its ID at its end", async () => {
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

Deno.test("maxPayloadBytes: large answers that nobody waits for are skipped and counted", async () => {
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

Deno.test("maxPayloadBytes: parts that answer a single request count together", async () => {
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

Deno.test("maxSkippedBytes: at the limit a payload is skipped, one past it ends the conversation at its size", async () => {
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

Deno.test("maxNameBytes: a name at the limit is taken, one past it ends the conversation at its length", async () => {
  await using script = await open({ maxNameBytes: 4 });
  await script.say("r0001004echo00000000");
  assertEquals(script.heard(), "R000100000000");
  await script.say("r0002005");
  assertEquals(script.heard(), "f00000002");
});

Deno.test("maxConcurrentRequests: one past the limit is asked to come again, and one fits when another is done", async () => {
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
  assertEquals(script.heard(), "e0003000001f400000012request rate limit");
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

Deno.test("maxConcurrentRequests: 256 by default", async () => {
  await using script = await open();
  await script.say("r0001005never00000000".repeat(256));
  assertEquals(script.heard(), "");
  await script.say("r0002005never00000000");
  assert(script.heard().startsWith("e0002"));
});

Deno.test("maxConcurrentStreams: counted apart, and parts of the refused one are ignored", async () => {
  await using script = await open({
    maxConcurrentStreams: 1,
    maxConcurrentRequests: 1,
  });
  await script.say("s0001005never00000000r0001005never00000000");
  await script.say("s0002005never00000001ap000200000001bp000200000000");
  assertEquals(script.heard(), "e0002000001f400000011stream rate limit");
  assertEquals(script.peer.state, "open");
  assertEquals(script.peer.stats.running, 2);
});

Deno.test("maxConcurrentStreams: streams can be turned off", async () => {
  await using script = await ScriptedPeer.open({
    handlers,
    overload: "error",
    limits: { maxConcurrentStreams: 0 },
  });
  await script.say("s0001004echo00000000p000100000001ap000100000000");
  assertEquals(script.heard(), "E000100000011stream rate limit");
});

Deno.test("overload: an error takes the place of a RetryResult for peers that do not know it", async () => {
  await using script = await ScriptedPeer.open({
    handlers,
    overload: "error",
    limits: { maxConcurrentRequests: 1 },
  });
  await script.say("r0001005never00000000r0002005never00000000");
  assertEquals(script.heard(), "E000200000012request rate limit");
});

Deno.test("overloadWait: the wait is drawn from the range", async () => {
  const waits: number[] = [];
  for (const random of [0, 0.5, 1 - 2 ** -32]) {
    await using script = await ScriptedPeer.open({
      handlers,
      random: () => random,
      limits: { maxConcurrentRequests: 0, overloadWait: [100, 300] },
    });
    await script.say("r0001005never00000000");
    const [answer] = script.channel.takeMessages();
    waits.push(answer?.kind === "RetryResult" ? answer.wait : NaN);
  }
  assertEquals(waits, [100, 200, 300]);
});

Deno.test("maxConcurrentNotifications: more are dropped while so many are being handled", async () => {
  await using script = await open({ maxConcurrentNotifications: 2 });
  await script.say("n005never00000000".repeat(3) + "n004note00000000");
  assertEquals(
    script.events,
    Array(2).fill({ type: "drop", kind: "Notification", reason: "too-many" }),
  );
});

Deno.test("maxPendingRequests: further calls wait their turn, in order, and never exceed the limit", async () => {
  await using script = await open({ maxPendingRequests: 2 });
  const done: string[] = [];
  const calls = ["a", "b", "c", "d"].map((operation) =>
    script.peer.requestText(operation, "").then(() => {
      done.push(operation);
      // Whoever asks again at once does not overtake those that wait.
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

Deno.test("maxPendingRequests: streams count and wait as well", async () => {
  await using script = await open({ maxPendingRequests: 1 });
  const first = script.peer.requestText("a", "");
  const { readable, writable } = script.peer.stream("b");
  const writing = watch(writable.getWriter().write(text.encode("x")));
  await settled();
  assertEquals(script.heard(), "r0000001a00000000");
  assertEquals(writing.state, "pending");
  await script.say("R000000000000");
  await first;
  assertEquals(script.heard(), "s0001001b00000001x");
  assertEquals(writing.state, "resolved");
  await script.say("S000100000000");
  assertEquals(await Array.fromAsync(readable), []);
});

Deno.test("writeHighWaterMarkBytes: calls wait while so much waits to be written", async () => {
  await using script = await open({ writeHighWaterMarkBytes: 100 });
  script.channel.stall();
  const calls = Array.from(
    { length: 6 },
    () => watch(script.peer.requestBytes("x", new Uint8Array(60))),
  );
  // Each is 77 bytes: the second is the last that is made within the limit.
  assertEquals(script.peer.stats.messagesOut, 2);
  await settled();
  // These two are being written, and two more are within the limit.
  assertEquals(script.peer.stats.messagesOut, 4);
  script.channel.resume();
  await settled();
  assertEquals(script.peer.stats.messagesOut, 6);
  assertEquals(script.channel.takeMessages().length, 6);
  assertEquals(calls.map(({ state }) => state), Array(6).fill("pending"));
});

Deno.test("writeHighWaterMarkBytes: answers wait while the other side does not read, and then count as running", async () => {
  await using script = await open({
    writeHighWaterMarkBytes: 100,
    maxConcurrentRequests: 3,
  });
  script.channel.stall();
  await script.say("r0000004echo00000000");
  const request = `004echo00000040${"x".repeat(64)}`;
  for (let id = 1; id < 9; id++) await script.say(`r000${id}${request}`);
  assertEquals(script.peer.stats.running, 3);
  script.channel.resume();
  await settled();
  const answers = script.channel.takeMessages();
  assertEquals(
    answers.map(({ kind }) => kind).toSorted(),
    [...Array(3).fill("RetryResult"), ...Array(6).fill("SingleResult")],
  );
  assertEquals(script.peer.stats.running, 0);
});

Deno.test("writeHighWaterMarkBytes: answers that wait are sent as there is room, not all at once", async () => {
  await using script = await open({ writeHighWaterMarkBytes: 100 });
  script.channel.stall();
  await script.say("r0000004echo00000000");
  const request = `004echo00000040${"x".repeat(64)}`;
  for (let id = 1; id < 9; id++) await script.say(`r000${id}${request}`);
  // One is being written, two of 77 bytes are within the limit.
  assertEquals(script.peer.stats.running, 6);
  script.channel.resume(1);
  await settled();
  assertEquals(script.peer.stats.running, 4);
  script.channel.resume();
  await settled();
  assertEquals(script.peer.stats.running, 0);
  assertEquals(script.channel.takeMessages().length, 9);
});

Deno.test("writeHighWaterMarkBytes: a new call does not overtake those that wait, nor are these sent when the peer closes", async () => {
  for (const close of [false, true]) {
    await using script = await open({ writeHighWaterMarkBytes: 50 });
    script.channel.stall();
    void script.peer.notify("first");
    await settled();
    const later = script.peer.notifyBytes("second", new Uint8Array(50)).then(
      () => {
        if (close) return script.peer.close();
        void script.peer.request("late").catch(() => {});
      },
    );
    const waiting = ["waits", "waits too"].map((operation) =>
      watch(script.peer.request(operation))
    );
    script.channel.resume();
    await later;
    await settled();
    assertEquals(
      script.channel.takeMessages().map((message) =>
        "name" in message
          ? message.name
          : "operation" in message && message.operation
      ),
      ["first", "second", ...(close ? [] : ["waits", "waits too", "late"])],
    );
    const state = close ? "rejected" : "pending";
    assertEquals(waiting.map(({ state }) => state), [state, state]);
  }
});

Deno.test("maxWriteQueueBytes: a notification that nobody waits for is refused when so much waits to be written", async () => {
  await using script = await open({
    writeHighWaterMarkBytes: 50,
    maxWriteQueueBytes: 100,
  });
  script.channel.stall();
  void script.peer.notify("first");
  await settled();
  void script.peer.notifyBytes("second", new Uint8Array(81));
  void script.peer.notifyBytes("third", new Uint8Array(0));
  const fourth = watch(script.peer.notify("fourth"));
  await settled();
  const error = fourth.rejection(isLimitError);
  assertEquals(error.code, "maxWriteQueueBytes");
  assertEquals(
    error.message,
    'Cannot send "fourth": the write queue holds 116 bytes, wanted less than 100',
  );
  script.channel.resume();
  await settled();
  await script.peer.notify("fifth");
  await settled();
  assertEquals(script.channel.takeMessages().length, 4);
});

Deno.test("maxWriteQueueBytes: while answers of so many bytes wait to be read, requests are asked to come again", async () => {
  for (const output of ["at once", "later"]) {
    const give = new Handlers().handleBytes("give", () => {
      const payload = new Uint8Array(60);
      return output === "later" ? Promise.resolve(payload) : payload;
    });
    await using script = await ScriptedPeer.open({
      handlers: give,
      limits: { writeHighWaterMarkBytes: 50, maxWriteQueueBytes: 180 },
    });
    script.channel.stall();
    // One is being written, one fills the queue, and three wait for room: these are at the limit.
    for (let request = 0; request < 8; request++) {
      await script.say("r0001004give00000000");
    }
    assertEquals(script.peer.stats.running, 3, output);
    assertEquals(
      script.events,
      Array(3).fill({
        type: "refusal",
        operation: "give",
        limit: "maxWriteQueueBytes",
      }),
    );
    script.channel.resume();
    await settled();
    await script.say("r0001004give00000000");
    const kinds = script.channel.takeMessages().map(({ kind }) => kind);
    assertEquals(
      [
        kinds.filter((kind) => kind === "SingleResult").length,
        kinds.filter((kind) => kind === "RetryResult").length,
      ],
      [6, 3],
    );
  }
});

Deno.test("maxWriteQueueBytes: a side that asks and does not read the answers is cut off", async () => {
  await using script = await open({
    maxConcurrentRequests: 0,
    maxWriteQueueBytes: 1000,
    maxPayloadBytes: 100,
  });
  script.channel.stall();
  await script.say("r0001005never00000000".repeat(10));
  assertEquals(script.peer.state, "open");
  for (let round = 0; round < 10; round++) {
    await script.say("r0001005never00000000".repeat(10));
  }
  assertEquals(script.peer.state, "closed");
  const { error } = await script.peer.closed;
  assertEquals(isLimitError(error) && error.code, "maxWriteQueueBytes");
});

Deno.test("maxUnreadBytesPerStream: tiny parts are charged more than their bytes", async () => {
  const reads = Promise.withResolvers<void>();
  const slow = new Handlers().handleStream("up", async (parts) => {
    await reads.promise;
    await Array.fromAsync(parts);
  });
  await using script = await ScriptedPeer.open({
    handlers: slow,
    limits: { maxUnreadBytesPerStream: 1290 },
  });
  await script.say("s0001002up00000000");
  // 10 parts of 1 byte are charged 129 bytes each: at the limit. The 11th is past it.
  for (let part = 0; part < 20; part++) await script.say("p000100000001x");
  assertEquals(script.peer.stats.messagesIn, 1 + 11);
  reads.resolve();
  await settled();
  assertEquals(script.peer.stats.messagesIn, 1 + 20);
});

Deno.test("maxUnreadBytes: all streams together", async () => {
  await using script = await ScriptedPeer.open({
    handlers,
    limits: { maxUnreadBytes: 1290 },
  });
  await script.say("s0001005never00000000s0002005never00000000");
  for (let part = 0; part < 10; part++) {
    await script.say("p000100000001xp000200000001x");
  }
  assertEquals(script.peer.stats.messagesIn, 2 + 11);
});

Deno.test("maxPartBytes: parts have at most that size, by default 16 KiB", async () => {
  for (const maxPartBytes of [DEFAULT_LIMITS.maxPartBytes, 5]) {
    await using script = await open({ maxPartBytes });
    const { writable } = script.peer.stream("up");
    const size = 2 * maxPartBytes + 1;
    await writable.getWriter().write(new Uint8Array(size));
    await settled();
    assertEquals(
      script.channel.takeMessages().map((message) =>
        "payload" in message ? message.payload.byteLength : 0
      ),
      [maxPartBytes, maxPartBytes, 1],
    );
  }
});

Deno.test("handshakeTimeout: no version in time ends the connection with code 3", async () => {
  for (const handshakeTimeout of [DEFAULT_LIMITS.handshakeTimeout, 100]) {
    await using script = await ScriptedPeer.open({
      handshake: false,
      limits: { handshakeTimeout },
    });
    const opened = watch(script.peer.opened);
    await script.say("0");
    await script.clock.advance(handshakeTimeout - 1);
    assertEquals(script.heard(), "01");
    await script.clock.advance(1);
    assertEquals(script.heard(), "f00000003");
    assertEquals(opened.rejection(isProtocolError).reason, "timeout");
    assertEquals(script.peer.state, "closed");
  }
  await using script = await ScriptedPeer.open({ handshake: false });
  await script.clock.advance(4_999);
  await script.say("01");
  await script.clock.advance(100_000);
  assertEquals(script.peer.state, "open");
});

Deno.test("writeTimeout: a write that does not get on cuts the connection", async () => {
  for (const writeTimeout of [DEFAULT_LIMITS.writeTimeout, 100]) {
    await using script = await open({ writeTimeout });
    script.channel.stall();
    const call = watch(script.peer.request("x"));
    await script.clock.advance(writeTimeout - 1);
    assertEquals(script.peer.state, "open");
    script.channel.resume();
    await settled();
    script.channel.stall();
    void script.peer.notify("x");
    await script.clock.advance(writeTimeout - 1);
    assertEquals(script.peer.state, "open");
    await script.clock.advance(1);
    assertEquals(script.peer.state, "closed");
    assertEquals(call.state, "rejected");
    const { error } = await script.peer.closed;
    assert(isProtocolError(error) && error.reason === "timeout");
  }
});

Deno.test("streamIdleTimeout: a stream on which nothing comes is answered with an error, and its handler told", async () => {
  const cut: unknown[] = [];
  const aborted: boolean[] = [];
  const patient = new Handlers().handleStream("up", async (parts, context) => {
    try {
      await Array.fromAsync(parts);
    } catch (error) {
      cut.push((error as Error).name);
      aborted.push(context.signal.aborted);
      throw error;
    }
  });
  await using script = await ScriptedPeer.open({ handlers: patient });
  await script.say("s0001002up00000000");
  await script.clock.advance(119_999);
  await script.say("p000100000001x");
  await script.clock.advance(119_999);
  assertEquals(script.heard(), "");
  await script.clock.advance(1);
  assertEquals(script.heard(), "E000100000013stream idle timeout");
  assertEquals([cut, aborted], [["AbortError"], [true]]);
  await script.say("p000100000001xp000100000000");
  assertEquals(script.peer.state, "open");
  assertEquals(script.peer.stats.running, 0);
  const dropped = {
    type: "drop",
    kind: "StreamRequestPart",
    reason: "stream-ended",
  } as const;
  assertEquals(script.events, [
    { type: "refusal", operation: "up", limit: "streamIdleTimeout" },
    dropped,
    dropped,
  ]);
});

Deno.test("streamIdleTimeout: it does not run once the input has ended, nor while output flows", async () => {
  const gate = Promise.withResolvers<void>();
  const slow = new Handlers()
    .handleStream("wait", () => gate.promise)
    .handleStream("feed", async function* (_, { peer }) {
      for (let part = 0; part < 4; part++) {
        await peer.requestText("tick", "");
        yield text.encode("x");
      }
    });
  await using script = await ScriptedPeer.open({
    handlers: slow,
    limits: { streamIdleTimeout: 1000 },
  });
  await script.say("s0001004wait00000000p000100000000");
  await script.clock.advance(10_000);
  assertEquals(script.heard(), "");
  gate.resolve();
  await settled();
  assertEquals(script.heard(), "S000100000000");
  await script.say("s0002004feed00000000");
  for (let part = 0; part < 4; part++) {
    await script.clock.advance(999);
    await script.say(`R000${part}00000000`);
  }
  assert(script.heard().endsWith("S000200000001xS000200000000"));
});

Deno.test("streamIdleTimeout: a handler that goes on regardless sends nothing more", async () => {
  const gate = Promise.withResolvers<void>();
  let closed = false;
  const stubborn = new Handlers().handleStream("feed", async function* () {
    try {
      await gate.promise;
      for (;;) yield new Uint8Array(0);
    } finally {
      closed = true;
    }
  });
  await using script = await ScriptedPeer.open({
    handlers: stubborn,
    limits: { streamIdleTimeout: 1000 },
  });
  await script.say("s0001004feed00000000");
  await script.clock.advance(1000);
  assertEquals(script.heard(), "E000100000013stream idle timeout");
  gate.resolve();
  await script.clock.advance(10_000);
  assertEquals(script.heard(), "");
  assert(closed, "the output is still read");
  assertEquals(script.peer.stats.running, 0);
});

Deno.test("minReceiveBytesPerSecond: a message that crawls ends the connection with code 3", async () => {
  await using script = await open({ receiveTimeout: Infinity });
  await script.say("r0001004echo00010000");
  for (let second = 0; second < 10; second++) {
    assertEquals(script.peer.state, "open");
    await script.say("x".repeat(1023));
    await script.clock.advance(1000);
  }
  assertEquals(script.heard(), "f00000003");
});

Deno.test("minReceiveBytesPerSecond: so does a header, and a payload that is skipped", async () => {
  const began: Record<string, string> = {
    "a header": "r0001",
    "a name": "r0001100",
    "a payload of a request that is too large": "r0001004echo00010000",
    "a payload of an answer that nobody waits for": "R000100010000",
  };
  for (const [name, bytes] of Object.entries(began)) {
    await using script = await open({
      receiveTimeout: Infinity,
      maxPayloadBytes: 10,
    });
    await script.say(bytes);
    for (let second = 0; second < 10; second++) {
      assertEquals(script.peer.state, "open", name);
      await script.say("0");
      await script.clock.advance(1000);
    }
    assert(script.heard().endsWith("f00000003"), name);
  }
});

Deno.test("minReceiveBytesPerSecond: at the rate a message may take as long as it needs", async () => {
  await using script = await open();
  await script.say("r0001004echo00010000");
  for (let second = 0; second < 64; second++) {
    await script.say("x".repeat(1024));
    await script.clock.advance(1000);
  }
  assertEquals(script.heard().length, 13 + 65536);
});

Deno.test("minReceiveBytesPerSecond: another rate and time, or none", async () => {
  await using other = await open({
    progressTimeout: 2000,
    minReceiveBytesPerSecond: 10,
  });
  await other.say(`r0001004echo00000100${"x".repeat(100)}`);
  await other.say("x".repeat(20));
  await other.clock.advance(2000);
  assertEquals(other.peer.state, "open");
  await other.say("x".repeat(19));
  await other.clock.advance(2000);
  assertEquals(other.heard(), "f00000003");
  for (
    const off of [{ progressTimeout: Infinity }, {
      minReceiveBytesPerSecond: 0,
    }]
  ) {
    await using none = await open(off);
    await none.say("r");
    await none.clock.advance(1e7);
    assertEquals(none.peer.state, "open");
  }
});

Deno.test("minReceiveBytesPerSecond: messages that complete are no crawl, however the bytes are cut", async () => {
  await using script = await open();
  // Each chunk ends one message and begins the next.
  await script.say("n004note0000");
  for (let second = 0; second < 60; second++) {
    await script.clock.advance(1000);
    await script.say("0000n004note0000");
  }
  assertEquals(script.peer.state, "open");
});

Deno.test("closeTimeout: closing is cut off when what was sent cannot be delivered", async () => {
  for (const closeTimeout of [DEFAULT_LIMITS.closeTimeout, 100]) {
    await using script = await open({ closeTimeout });
    script.channel.stall();
    void script.peer.notify("x");
    await settled();
    const closing = watch(script.peer.close());
    await script.clock.advance(closeTimeout - 1);
    assertEquals(closing.state, "pending");
    await script.clock.advance(1);
    assertEquals(closing.state, "resolved");
    assertEquals((await script.peer.closed).clean, false);
  }
});

Deno.test("maxUnproductiveBurst, maxUnproductivePerSecond: messages that do no work are a fault above the rate", async () => {
  const idle = {
    heartbeats: "h00005f63ee48",
    "unknown answers": "R999900000000",
    "late parts": "p000100000001x",
  };
  for (const [what, message] of Object.entries(idle)) {
    await using script = await open({
      maxUnproductiveBurst: 100,
      maxUnproductivePerSecond: 10,
    });
    await script.say("s0001004nope00000000p000100000000");
    script.heard();
    // The end marker of the refused stream was the first.
    await script.say(message.repeat(99));
    assertEquals(script.peer.state, "open", what);
    await script.clock.advance(1000);
    await script.say(message.repeat(10));
    assertEquals(script.peer.state, "open", what);
    await script.say(message);
    assertEquals(script.heard(), "f00000002", what);
  }
});

Deno.test("maxUnproductiveBurst: 10,000 by default, and ordinary messages never count", async () => {
  await using script = await open();
  await script.say("n004note00000000".repeat(20_000));
  await script.say("r0001004echo00000000".repeat(2_000));
  await script.say("n004nope00000000".repeat(20_000));
  await script.say("h00005f63ee48".repeat(10_000));
  assertEquals(script.peer.state, "open");
  await script.say("h00005f63ee48");
  assert(script.heard().endsWith("f00000002"));
});

Deno.test("limits that make no sense are refused", async () => {
  for (
    const limits of [
      { maxPartBytes: 0 },
      { maxPayloadBytes: -1 },
      { handshakeTimeout: NaN },
      { maxPendingRequests: 0 },
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

Deno.test("no limit takes less than nothing, or what is no number, and each takes Infinity but the wait", async () => {
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
