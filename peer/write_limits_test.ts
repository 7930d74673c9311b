import { assertEquals, assertLessOrEqual } from "@std/assert";
import { isLimitError } from "../codec/mod.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { Handlers } from "./handlers.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";

const handlers = new Handlers()
  .handleBytes("echo", (payload) => payload);

/** Returns a peer with these handlers and limits. */
function open(limits: Partial<Limits> = {}): Promise<ScriptedPeer> {
  return ScriptedPeer.open({ handlers, limits, random: () => 0 });
}

Deno.test("writeHighWaterMarkBytes: calls are queued while the write queue is above it", async () => {
  await using script = await open({ writeHighWaterMarkBytes: 100 });
  script.channel.stall();
  const calls = Array.from(
    { length: 6 },
    () => watch(script.peer.requestBytes("x", new Uint8Array(60))),
  );
  // A request has 77 bytes: the second one reaches the mark.
  assertEquals(script.peer.stats.messagesOut, 2);
  await settled();
  // These two are being written, and two more are queued.
  assertEquals(script.peer.stats.messagesOut, 4);
  script.channel.resume();
  await settled();
  assertEquals(script.peer.stats.messagesOut, 6);
  assertEquals(script.channel.takeMessages().length, 6);
  assertEquals(calls.map(({ state }) => state), Array(6).fill("pending"));
});

Deno.test("writeHighWaterMarkBytes: results wait while the remote peer does not read, and count as running", async () => {
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

Deno.test("writeHighWaterMarkBytes: waiting results are sent as the write queue drains, not all at once", async () => {
  await using script = await open({ writeHighWaterMarkBytes: 100 });
  script.channel.stall();
  await script.say("r0000004echo00000000");
  const request = `004echo00000040${"x".repeat(64)}`;
  for (let id = 1; id < 9; id++) await script.say(`r000${id}${request}`);
  // One result is being written, and two of 77 bytes are queued.
  assertEquals(script.peer.stats.running, 6);
  script.channel.resume(1);
  await settled();
  assertEquals(script.peer.stats.running, 4);
  script.channel.resume();
  await settled();
  assertEquals(script.peer.stats.running, 0);
  assertEquals(script.channel.takeMessages().length, 9);
});

Deno.test("writeHighWaterMarkBytes: a new call does not overtake queued ones, which are not sent when the peer closes", async () => {
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

Deno.test("maxWriteQueueBytes: a notification is rejected while the write queue is above it", async () => {
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

Deno.test("maxWriteQueueBytes: requests are answered with a RetryResult while waiting results reach it", async () => {
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
    // One result is being written, one is queued, and three wait, which reaches the limit.
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

Deno.test("maxWriteQueueBytes: a remote peer that sends requests and does not read the results is disconnected (limits/unsent)", async () => {
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

Deno.test("maxPartBytes: parts have at most this size, 16 KiB by default", async () => {
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

Deno.test("writeHighWaterMarkBytes: streams that waited for the write queue are sent once it is short", async () => {
  await using script = await open({ writeHighWaterMarkBytes: 16 });
  script.channel.stall();
  watch(script.peer.request("first"));
  await settled();
  watch(script.peer.requestText("large", "x".repeat(64)));
  const writer = script.peer.stream("up").writable.getWriter();
  const written = watch(writer.write(new Uint8Array(1)));
  await settled();
  assertEquals(written.state, "pending");
  assertEquals(script.heard().includes("up"), false);
  script.channel.resume();
  await settled();
  assertEquals(written.state, "resolved");
  assertEquals(script.heard().endsWith("s0002002up00000001\0"), true);
});

Deno.test("streams that wait for the write queue are not woken all at once", async () => {
  const handlers = new Handlers()
    .handleStream("down", () => [new Uint8Array(1000)]);
  await using script = await ScriptedPeer.open({
    handlers,
    limits: { maxPartBytes: 100 },
  });
  script.channel.stall();
  for (let id = 10; id < 60; id++) {
    await script.say(`s00${id}004down00000000p00${id}00000000`);
  }
  let most = 0;
  for (let writes = 0; script.peer.stats.running > 0; writes++) {
    most = Math.max(
      most,
      script.peer.stats.bytesOut - script.channel.bytesTaken,
    );
    assertEquals(writes < 500, true);
    script.channel.resume(1);
    await settled();
  }
  // Four parts of 113 bytes, and the end markers of streams.
  assertLessOrEqual(most, 4 * 113 + 50 * 13);
  script.channel.resume();
  await settled();
  const data = script.channel.takeMessages().reduce(
    (sum, message) =>
      message.kind === "StreamResult" ? sum + message.payload.byteLength : sum,
    0,
  );
  assertEquals(data, 50 * 1000);
});
