import { assert, assertEquals } from "@std/assert";
import { isProtocolError, text } from "../codec/mod.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled, VirtualClock } from "./testing/virtual_clock.ts";
import { ROUNDS_UNTIL_POLLED } from "../transport/turns.ts";
import { Handlers } from "./handlers.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";

const handlers = new Handlers()
  .handleBytes("echo", (payload) => payload)
  .onNotificationBytes("note", () => {});

/** Returns a peer with these handlers and limits. */
function open(limits: Partial<Limits> = {}): Promise<ScriptedPeer> {
  return ScriptedPeer.open({ handlers, limits });
}

Deno.test("handshakeTimeout: a connection without a version is ended with code 3 (handshake/deadline)", async () => {
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

Deno.test("writeTimeout: a blocked write ends the connection, also while it closes (limits/unsent)", async () => {
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
  await using script = await open({
    writeTimeout: 30_000,
    closeTimeout: Infinity,
  });
  script.channel.stall();
  void script.peer.notify("x");
  await settled();
  const closing = watch(script.peer.close());
  await script.clock.advance(29_999);
  assertEquals(closing.state, "pending");
  await script.clock.advance(1);
  assertEquals(closing.state, "resolved");
});

Deno.test("writeTimeout: a write may take any time while bytes of it are taken (limits/unsent)", async () => {
  await using script = await open({ receiveTimeout: Infinity });
  script.channel.stall();
  const call = watch(script.peer.request("x"));
  for (let step = 0; step < 100; step++) {
    await script.clock.advance(DEFAULT_LIMITS.writeTimeout - 1);
    script.channel.bytesTaken++;
  }
  assertEquals([script.peer.state, call.state], ["open", "pending"]);
  script.channel.resume();
  await settled();
  assert(script.heard().startsWith("r"));
});

Deno.test("streamIdleTimeout: a stream without parts is answered with an ErrorResult, and its handler is aborted (limits/idle-stream)", async () => {
  const cut: unknown[] = [];
  const aborted: boolean[] = [];
  const upload = new Handlers().handleStream("up", async (parts, context) => {
    try {
      await Array.fromAsync(parts);
    } catch (error) {
      cut.push((error as Error).name);
      aborted.push(context.signal.aborted);
      throw error;
    }
  });
  await using script = await ScriptedPeer.open({ handlers: upload });
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

Deno.test("streamIdleTimeout: the timeout ends with the input, and output resets it", async () => {
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

Deno.test("streamIdleTimeout: the time in which the local peer does not read, or receives a message in front of the part, does not count", async () => {
  const gate = Promise.withResolvers<void>();
  const slow = new Handlers().handleStream("up", async (parts) => {
    await gate.promise;
    for await (const _ of parts);
  }).onNotificationBytes("note", () => {});
  await using script = await ScriptedPeer.open({
    handlers: slow,
    extensions: false,
    limits: { maxUnreadBytesPerStream: 100, receiveTimeout: Infinity },
  });
  await script.say("s0001002up00000000");
  const part = `p000100000100${"x".repeat(256)}`;
  await script.say(part + part);
  await script.clock.advance(119_999);
  gate.resolve();
  await script.clock.advance(119_999);
  assertEquals(script.heard(), "");
  // The next part may be behind this notification.
  await script.say("n004note00080000");
  for (let second = 0; second < 512; second++) {
    await script.say("x".repeat(1024));
    await script.clock.advance(1000);
  }
  await script.say("p000100000000");
  assertEquals(script.heard(), "S000100000000");
});

Deno.test("streamIdleTimeout: the time in which the remote peer waits for output does not count", async () => {
  const endless = new Handlers().handleStream("feed", async function* () {
    yield new Uint8Array(3 * DEFAULT_LIMITS.maxPartBytes);
    await new Promise(() => {});
  });
  await using script = await ScriptedPeer.open({
    handlers: endless,
    limits: {
      writeTimeout: Infinity,
      receiveTimeout: Infinity,
      heartbeatInterval: Infinity,
    },
  });
  script.channel.stall();
  // The first write takes one part, and two more are queued.
  await script.say("s0001004feed00000000");
  await script.clock.advance(1_000_000);
  script.channel.resume(1);
  await script.clock.advance(119_000);
  script.channel.resume();
  await settled();
  assertEquals(script.channel.takeMessages().length, 3);
  await script.clock.advance(120_000);
  assertEquals(script.heard(), "");
  await script.clock.advance(120_000);
  assertEquals(script.heard(), "E000100000013stream idle timeout");
});

Deno.test("streamIdleTimeout: a handler that ignores the abort sends nothing more (request/answered)", async () => {
  const gate = Promise.withResolvers<void>();
  let closed = false;
  const endless = new Handlers().handleStream("feed", async function* () {
    try {
      await gate.promise;
      for (;;) yield new Uint8Array(0);
    } finally {
      closed = true;
    }
  });
  await using script = await ScriptedPeer.open({
    handlers: endless,
    limits: { streamIdleTimeout: 1000 },
  });
  await script.say("s0001004feed00000000");
  await script.clock.advance(1000);
  assertEquals(script.heard(), "E000100000013stream idle timeout");
  gate.resolve();
  await script.clock.advance(10_000);
  assertEquals(script.heard(), "");
  assert(closed, "the output is still open");
  assertEquals(script.peer.stats.running, 0);
});

Deno.test("minReceiveBytesPerSecond: a message that arrives too slowly ends the connection with code 3 (limits/slow-message)", async () => {
  await using script = await open({ receiveTimeout: Infinity });
  await script.say("r0001004echo00010000");
  for (let second = 0; second < 10; second++) {
    assertEquals(script.peer.state, "open");
    await script.say("x".repeat(1023));
    await script.clock.advance(1000);
  }
  assertEquals(script.heard(), "f00000003");
});

/** A clock on which each look takes time, so that all work does. */
class BusyClock extends VirtualClock {
  #used = 0;

  override now(): number {
    this.#used += 1 / 8;
    return super.now() + this.#used;
  }
}

Deno.test("minReceiveBytesPerSecond: a message that arrives too slowly gains no time from a connection that waits for its turn", async () => {
  const clock = new BusyClock();
  await using script = await ScriptedPeer.open({
    handlers,
    limits: { receiveTimeout: Infinity },
    clock,
  });
  await script.say("r0001004echo00010000");
  let closed = false;
  void script.peer.closed.then(() => closed = true);
  // Each 16th chunk uses up the time of a turn.
  for (let second = 0; second < 12 && !closed; second++) {
    for (let chunk = 0; chunk < 16; chunk++) await script.say("x");
    for (let round = 0; round < ROUNDS_UNTIL_POLLED + 2; round++) {
      await settled();
    }
    await clock.advance(1000);
  }
  assert(script.heard().endsWith("f00000003"));
});

Deno.test("minReceiveBytesPerSecond: headers and skipped payloads count as well", async () => {
  const began: Record<string, string> = {
    "a header": "r0001",
    "a name": "r0001100",
    "the payload of an oversized request": "r0001004echo00010000",
    "the payload of an unknown result": "R000100010000",
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

Deno.test("minReceiveBytesPerSecond: a message at the rate may take any time", async () => {
  await using script = await open();
  await script.say("r0001004echo00010000");
  for (let second = 0; second < 64; second++) {
    await script.say("x".repeat(1024));
    await script.clock.advance(1000);
  }
  assertEquals(script.heard().length, 13 + 65536);
});

Deno.test("minReceiveBytesPerSecond, progressTimeout: rate and timeout can be changed or turned off", async () => {
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

Deno.test("minReceiveBytesPerSecond: messages that complete are not too slow, however the bytes are chunked", async () => {
  await using script = await open();
  // Each chunk ends one message and begins the next.
  await script.say("n004note0000");
  for (let second = 0; second < 60; second++) {
    await script.clock.advance(1000);
    await script.say("0000n004note0000");
  }
  assertEquals(script.peer.state, "open");
});

Deno.test("closeTimeout: closing aborts the connection if the write queue cannot be flushed", async () => {
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

Deno.test("closeTimeout: queued bytes have the time that they need at 32 KiB/s in addition, while they leave", async () => {
  const bytes = 16 * 1024 * 1024;
  const closes = async (taking: boolean) => {
    await using script = await open({ writeTimeout: 10_000 });
    script.channel.stall();
    void script.peer.notifyBytes("x", new Uint8Array(bytes));
    await settled();
    const closing = watch(script.peer.close());
    let seconds = 0;
    for (; closing.state === "pending"; seconds++) {
      if (taking) script.channel.bytesTaken++;
      await script.clock.advance(1000);
    }
    assertEquals((await script.peer.closed).clean, false);
    return seconds;
  };
  assertEquals(await closes(true), bytes / 32 / 1024 + 5);
  assertEquals(await closes(false), 10);
});

Deno.test("closeTimeout: a remote peer that is slow to take the queue has as long again to end the connection", async () => {
  await using script = await open({ receiveTimeout: Infinity });
  script.channel.stall();
  void script.peer.notify("x");
  await settled();
  const closing = watch(script.peer.close());
  await script.clock.advance(4_000);
  script.channel.resume();
  await settled();
  assertEquals(script.channel.closedWith?.linger, 4_000);
  assertEquals(closing.state, "resolved");
});

Deno.test("minReceiveBytesPerSecond, receiveTimeout: a payload that is delivered as a whole has the time that it needs at 32 KiB/s in addition", async () => {
  const header = "r0001004echo00400000";
  await using script = await ScriptedPeer.open({ handlers, role: "acceptor" });
  script.channel.wholeUnits = true;
  for (let call = 0; call < 2; call++) {
    await script.say(header);
    await script.clock.advance(128_000 + 9_999);
    await script.say("x".repeat(4 * 1024 * 1024));
    assert(script.heard().startsWith("R000100400000"));
  }
  await script.say(header);
  await script.clock.advance(128_000 + 10_000);
  assertEquals(script.heard(), "f00000003");
});
