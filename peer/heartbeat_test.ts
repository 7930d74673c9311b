import { assert, assertEquals } from "@std/assert";
import { isProtocolError, text } from "../codec/mod.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { Handlers } from "./handlers.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

const { heartbeatInterval, receiveTimeout } = DEFAULT_LIMITS;

/** A heartbeat of the remote peer. */
const HEARTBEAT = "h00005f63ee48";

Deno.test("a heartbeat is sent right after the handshake and every 20 seconds, by both roles (heartbeat/first, heartbeat/interval)", async () => {
  for (const role of ["initiator", "acceptor"] as const) {
    await using script = await ScriptedPeer.open({
      role,
      handshake: false,
      limits: { heartbeatInterval, receiveTimeout: Infinity },
    });
    await settled();
    assertEquals(script.heard(), "01");
    await script.say("01");
    assertEquals(script.heard(), "h000065bb87c0");
    await script.clock.advance(19_999);
    assertEquals(script.heard(), "");
    await script.clock.advance(1);
    assertEquals(script.heard(), "h000065bb87d4");
    await script.clock.advance(40_000);
    assertEquals(script.heard(), "h000065bb87e8h000065bb87fc");
  }
});

Deno.test("heartbeats can be made less frequent or turned off", async () => {
  await using seldom = await ScriptedPeer.open({
    limits: { heartbeatInterval: 60_000 },
  });
  assertEquals(seldom.heard(), "h000065bb87c0");
  await seldom.clock.advance(119_999);
  assertEquals(seldom.heard(), "h000065bb87fc");
  await using none = await ScriptedPeer.open({
    limits: { heartbeatInterval: Infinity },
  });
  await none.clock.advance(120_000);
  assertEquals(none.heard(), "");
});

Deno.test("a heartbeat carries the time and the load, clamped to its range (heartbeat/values)", async () => {
  const loads = [0, 0.5, 1, 2, -1, NaN];
  const written: string[] = [];
  for (const load of loads) {
    await using script = await ScriptedPeer.open({
      load: () => load,
      limits: { heartbeatInterval },
    });
    written.push(script.heard().slice(0, 5));
  }
  assertEquals(written, [
    "h0000",
    "h8000",
    "hffff",
    "hffff",
    "h0000",
    "h0000",
  ]);
});

Deno.test("a load function that throws counts as a load of 0 (heartbeat/values)", async () => {
  await using script = await ScriptedPeer.open({
    load: () => {
      throw new Error("no such file");
    },
    limits: { heartbeatInterval },
  });
  await script.clock.advance(20_000);
  assertEquals(script.heard(), "h000065bb87c0h000065bb87d4");
  assertEquals(script.peer.state, "open");
});

Deno.test("a received heartbeat is reported with any load and time, and not answered (heartbeat/any-value, heartbeat/no-answer)", async () => {
  await using script = await ScriptedPeer.open();
  await script.say("h00025f63ee48hffffffffffff");
  assertEquals(script.events, [
    { type: "heartbeat", load: 2, time: 0x5f63ee48 },
    { type: "heartbeat", load: 0xffff, time: 0xffffffff },
  ]);
  assertEquals(script.heard(), "");
});

Deno.test("an acceptor ends a silent connection with code 3 after receiveTimeout (heartbeat/timeout)", async () => {
  await using script = await ScriptedPeer.open({ role: "acceptor" });
  await script.clock.advance(receiveTimeout - 1);
  assertEquals(script.heard(), "");
  await script.clock.advance(1);
  assertEquals(script.heard(), "f00000003");
  const { clean, error } = await script.peer.closed;
  assertEquals(clean, false);
  assert(isProtocolError(error) && error.reason === "timeout");
  assertEquals(script.channel.closedWith, { code: 3 });
});

Deno.test("receiveTimeout can be shortened or turned off", async () => {
  await using short = await ScriptedPeer.open({
    role: "acceptor",
    limits: { receiveTimeout: 400 },
  });
  await short.clock.advance(399);
  assertEquals(short.peer.state, "open");
  await short.clock.advance(1);
  assertEquals(short.heard(), "f00000003");
  await using off = await ScriptedPeer.open({
    role: "acceptor",
    limits: { receiveTimeout: Infinity },
  });
  await off.clock.advance(1e9);
  assertEquals(off.peer.state, "open");
});

Deno.test("every kind of message restarts receiveTimeout, and so does an incomplete one (heartbeat/restart)", async () => {
  await using script = await ScriptedPeer.open({
    role: "acceptor",
    limits: { progressTimeout: Infinity },
  });
  const messages = [
    HEARTBEAT,
    "n001x00000000",
    "r0001001x00000000",
    "s0001001x00000000",
    "p000100000001x",
    "R000000000000",
    "S000000000000",
    "E000000000000",
    "e00000000000000000000",
  ];
  for (const bytes of [...messages, "h0", "000"]) {
    await script.clock.advance(receiveTimeout - 1);
    await script.say(bytes);
  }
  await script.clock.advance(receiveTimeout - 1);
  assertEquals(script.peer.state, "open");
  script.heard();
  await script.clock.advance(1);
  assertEquals(script.heard(), "f00000003");
});

Deno.test("an initiator applies receiveTimeout only once it has received a heartbeat (heartbeat/armed)", async () => {
  await using script = await ScriptedPeer.open({ role: "initiator" });
  await script.clock.advance(1_000_000);
  await script.say("n001x00000000");
  await script.clock.advance(1_000_000);
  assertEquals(script.peer.state, "open");
  await script.say(HEARTBEAT);
  await script.clock.advance(receiveTimeout - 1);
  assertEquals(script.peer.state, "open");
  await script.clock.advance(1);
  assertEquals(script.heard(), "f00000003");
});

Deno.test("a running request does not restart receiveTimeout", async () => {
  const handlers = new Handlers().handle("wait", () => new Promise(() => {}));
  await using script = await ScriptedPeer.open({ handlers, role: "acceptor" });
  await script.say("r0001004wait00000000");
  await script.clock.advance(receiveTimeout);
  assertEquals(script.heard(), "f00000003");
});

Deno.test("a timer that fires late does not end a connection with unread bytes", async () => {
  await using script = await ScriptedPeer.open({ role: "acceptor" });
  // The machine slept for an hour: the timer fires before the first byte is read.
  await script.clock.stall(3_600_000);
  assertEquals(script.peer.state, "open");
  await script.say(HEARTBEAT);
  await script.clock.advance(receiveTimeout - 1);
  assertEquals(script.peer.state, "open");
  await script.clock.advance(1);
  assertEquals(script.heard(), "f00000003");
});

Deno.test("a connection that stays silent after a late timer is ended", async () => {
  await using script = await ScriptedPeer.open({ role: "acceptor" });
  await script.clock.stall(3_600_000);
  await script.clock.advance(5_000);
  assertEquals(script.heard(), "f00000003");
});

Deno.test("throttled timers do not end a connection on which heartbeats arrive", async () => {
  await using script = await ScriptedPeer.open({ role: "acceptor" });
  for (let minute = 0; minute < 10; minute++) {
    await script.clock.stall(20_000);
    await script.say(HEARTBEAT);
    await script.clock.stall(40_000);
    await script.say(HEARTBEAT);
  }
  assertEquals(script.peer.state, "open");
});

Deno.test("receiveTimeout is suspended while a full stream pauses reading", async () => {
  const gate = Promise.withResolvers<void>();
  const handlers = new Handlers().handleStream("up", async (parts) => {
    await gate.promise;
    await Array.fromAsync(parts);
  });
  await using script = await ScriptedPeer.open({
    handlers,
    role: "acceptor",
    extensions: false,
    limits: { maxUnreadBytesPerStream: 100 },
  });
  await script.say("s0001002up00000000");
  await script.say(`p000100000100${"x".repeat(256)}`);
  await script.clock.advance(1_000_000);
  assertEquals(script.peer.state, "open");
  gate.resolve();
  await script.clock.advance(receiveTimeout - 1);
  assertEquals(script.peer.state, "open");
  await script.clock.advance(1);
  assert(script.heard().endsWith("f00000003"));
});

Deno.test("streamIdleTimeout does not expire while a full stream pauses reading", async () => {
  const gate = Promise.withResolvers<void>();
  let size = 0;
  const handlers = new Handlers().handleStream("up", async (parts) => {
    await gate.promise;
    for await (const part of parts) size += part.byteLength;
  });
  await using script = await ScriptedPeer.open({
    handlers,
    extensions: false,
    limits: { maxUnreadBytesPerStream: 100 },
  });
  await script.say("s0001002up00000000");
  const part = `p000100000100${"x".repeat(256)}`;
  await script.say(part + part);
  await script.clock.advance(10 * DEFAULT_LIMITS.streamIdleTimeout);
  assertEquals(script.heard(), "");
  gate.resolve();
  await settled();
  await script.say("p000100000000");
  assertEquals(size, 512);
  assertEquals(script.heard(), "S000100000000");
});

Deno.test("heartbeats continue while calls and streams run and after the remote peer has half-closed", async () => {
  const handlers = new Handlers().handle("wait", () => new Promise(() => {}));
  await using script = await ScriptedPeer.open({
    handlers,
    limits: { heartbeatInterval },
  });
  const call = watch(script.peer.requestText("x", ""));
  await script.peer.stream("up").writable.getWriter().write(text.encode("a"));
  await script.say("r0001004wait00000000");
  script.heard();
  await script.clock.advance(20_000);
  assertEquals(script.heard(), "h000065bb87d4");
  await script.end();
  assertEquals(call.state, "rejected");
  // Two soon, the second of which fails if the remote peer has left.
  await script.clock.advance(2_000);
  assertEquals(script.heard(), "h000065bb87d5h000065bb87d6");
  await script.clock.advance(20_000);
  assertEquals(script.heard(), "h000065bb87ea");
});

Deno.test("a shorter interval of heartbeats stays the same after a half-close, and none stays none", async () => {
  const handlers = new Handlers().handle("wait", () => new Promise(() => {}));
  for (
    const [heartbeatInterval, count] of [[300, 10], [Infinity, 0]] as const
  ) {
    await using script = await ScriptedPeer.open({
      handlers,
      limits: { heartbeatInterval },
    });
    await script.say("r0001004wait00000000");
    await script.end();
    script.heard();
    await script.clock.advance(3_000);
    assertEquals(script.heard().length, count * "h000065bb87d5".length);
  }
});
