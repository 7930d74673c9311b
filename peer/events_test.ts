import { assertEquals } from "@std/assert";
import { describe } from "../codec/mod.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { Handlers } from "./handlers.ts";

Deno.test("a peer reports its states in order, each once", async () => {
  await using script = await ScriptedPeer.open({ handshake: false });
  assertEquals([script.peer.state, script.states], ["opening", []]);
  const opened = watch(script.peer.opened);
  await script.say("0");
  assertEquals(opened.state, "pending");
  await script.say("1");
  assertEquals(opened.state, "resolved");
  const drained = script.peer.drain();
  await drained;
  assertEquals(script.states, ["open", "draining", "closing", "closed"]);
});

Deno.test("onMessage receives every message in both directions before it is acted on", async () => {
  const lines: string[] = [];
  const handlers = new Handlers().handleText("echo", (value) => {
    lines.push("handler");
    return value;
  });
  await using script = await ScriptedPeer.open({
    handlers,
    onMessage: (direction, message) => {
      lines.push(`${direction} ${describe(message)}`);
    },
  });
  await script.say("r0001004echo00000002hih00000000000f");
  const call = watch(script.peer.requestText("ask", "x"));
  await script.say("R000000000001y");
  assertEquals(call.value, "y");
  assertEquals(lines, [
    'in SingleRequest 0001 "echo" 2 bytes "hi"',
    "handler",
    'out SingleResult 0001 2 bytes "hi"',
    "in Heartbeat load 0 time 1970-01-01T00:00:15Z",
    'out SingleRequest 0000 "ask" 1 byte "x"',
    'in SingleResult 0000 1 byte "y"',
  ]);
});

Deno.test("errors thrown by onEvent and onMessage are ignored", async () => {
  const fail = () => {
    throw new Error("observer");
  };
  await using script = await ScriptedPeer.open({
    handlers: new Handlers().handleText("echo", (value) => value),
    onEvent: fail,
    onMessage: fail,
  });
  await script.say("h00005f63ee48r0001004echo00000002hi");
  assertEquals(script.heard(), "R000100000002hi");
  await script.peer.close();
});

Deno.test("the counters of a peer cover messages, bytes, drops, pending calls and running handlers", async () => {
  const handlers = new Handlers()
    .handle("never", () => new Promise(() => {}))
    .handleText("echo", (value) => value);
  await using script = await ScriptedPeer.open({ handlers });
  assertEquals(script.peer.stats, {
    messagesIn: 0,
    messagesOut: 0,
    bytesIn: 2,
    bytesOut: 2,
    dropped: 0,
    unsent: 0,
    cancelsIn: 0,
    cancelsOut: 0,
    creditsIn: 0,
    creditsOut: 0,
    pending: 0,
    running: 0,
    abandoned: 0,
    roundTripTime: undefined,
    clockOffset: undefined,
  });
  const call = watch(script.peer.requestText("x", ""));
  await script.say("r0001005never00000000r0002004echo00000002hi");
  await script.say("n001x00000000R999900000000");
  assertEquals(script.peer.stats, {
    messagesIn: 4,
    messagesOut: 2,
    bytesIn: 2 + 21 + 22 + 13 + 13,
    bytesOut: 2 + 17 + 15,
    dropped: 2,
    unsent: 0,
    cancelsIn: 0,
    cancelsOut: 0,
    creditsIn: 0,
    creditsOut: 0,
    pending: 1,
    running: 1,
    abandoned: 0,
    roundTripTime: undefined,
    clockOffset: undefined,
  });
  assertEquals(call.state, "pending");
  assertEquals(script.heard().length, 32);
});

Deno.test("a notification after the end is not counted as sent", async () => {
  await using script = await ScriptedPeer.open();
  const seen: string[] = [];
  script.peer.abort();
  await script.peer.notify("x").catch(() => seen.push("refused"));
  assertEquals(seen, ["refused"]);
  assertEquals(script.peer.stats.messagesOut, 0);
});

Deno.test("a peer exposes the information of its channel", async () => {
  await using script = await ScriptedPeer.open();
  assertEquals(script.peer.info, { transport: "memory", secure: true });
});
