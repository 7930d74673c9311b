import { assertEquals, assertRejects } from "@std/assert";
import { text } from "../codec/mod.ts";
import { isConnectionClosedError } from "./connection_closed_error.ts";
import { Handlers } from "./handlers.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";

/** The notification of a peer that drains. */
function drain(reason = "shutting down"): string {
  const size = reason.length.toString(16).padStart(8, "0");
  return `n00cgotalk:drain${size}${reason}`;
}

Deno.test("a peer that drains reports it once, with its reason (extension/drain, extension/drain-final)", async () => {
  for (const reason of [undefined, "deploy", ""]) {
    const handlers = new Handlers().handle("x", () => new Promise(() => {}));
    await using script = await ScriptedPeer.open({ handlers });
    await script.say("r0001001x00000000");
    void script.peer.drain({ ...(reason !== undefined && { reason }) });
    void script.peer.drain({ reason: "again" });
    await settled();
    assertEquals(script.heard(), drain(reason));
  }
  await using script = await ScriptedPeer.open();
  await assertRejects(
    () => script.peer.drain({ reason: 1 as unknown as string }),
    TypeError,
    "Cannot set reason: got 1, wanted a string",
  );
});

Deno.test("a peer that is closed, or has ended, reports no drain", async () => {
  await using script = await ScriptedPeer.open();
  await script.peer.close();
  await script.peer.drain();
  assertEquals(script.heard(), "");
});

Deno.test("nothing new is requested of a peer that drains, and what was not sent fails as such (extension/drain-requests)", async () => {
  await using script = await ScriptedPeer.open({
    limits: { maxPendingRequests: 1 },
  });
  const running = watch(script.peer.requestText("a", ""));
  const queued = watch(script.peer.requestText("b", ""));
  const unopened = script.peer.stream("c");
  const upload = script.peer.stream("d").writable.getWriter();
  await upload.write(text.encode("1"));
  await settled();
  assertEquals(script.heard(), "r0000001a00000000s0001001d000000011");
  await script.say(drain("deploy\n"));
  const later = watch(script.peer.requestText("e", ""));
  const stream = watch(Array.fromAsync(script.peer.stream("f").readable));
  const reading = watch(Array.fromAsync(unopened.readable));
  await settled();
  for (const call of [queued, reading, later, stream]) {
    const error = call.rejection(isConnectionClosedError);
    assertEquals(error.outcome, "not-sent");
    assertEquals(
      error.message.slice(error.message.indexOf(":")),
      ': the remote peer is draining: "deploy\\x0a", the request was not sent',
    );
  }
  // What is in flight is completed, and notifications remain possible.
  await upload.write(text.encode("2"));
  await upload.close();
  await script.peer.notify("g", 1);
  await settled();
  assertEquals(
    script.heard(),
    "p0001000000012p000100000000n001g000000011",
  );
  await script.say("R000000000002okS000100000000");
  assertEquals([running.value, script.peer.stats.pending], ["ok", 0]);
  assertEquals(script.peer.state, "open");
  assertEquals(script.events, [{ type: "drain", reason: "deploy\\x0a" }]);
});

Deno.test("a stream whose answer is read, and that waits for data to be sent with, is sent like one that crosses the drain", async () => {
  await using script = await ScriptedPeer.open();
  const reading = watch(Array.fromAsync(script.peer.stream("a").readable));
  await settled();
  await script.say(drain());
  assertEquals(script.heard(), "s0000001a00000000");
  await script.say("S000000000001xS000000000000");
  assertEquals(reading.value?.length, 1);
});

Deno.test("a call that is to be repeated fails if the remote peer drains meanwhile (extension/drain-requests)", async () => {
  await using script = await ScriptedPeer.open();
  const call = watch(script.peer.requestText("a", ""));
  await script.say("e0000000003e800000000");
  await script.say(drain());
  assertEquals(call.rejection(isConnectionClosedError).outcome, "not-sent");
  await script.clock.advance(2_000);
  assertEquals(script.heard(), "r0000001a00000000");
});

Deno.test("a call that crosses the drain and is refused is not repeated there (extension/drain-requests)", async () => {
  await using script = await ScriptedPeer.open();
  const call = watch(script.peer.requestText("a", ""));
  await settled();
  await script.say(`${drain()}e0000000000000000000dshutting down`);
  assertEquals(call.rejection(isConnectionClosedError).outcome, "not-sent");
  await script.clock.advance(2_000);
  assertEquals(script.heard(), "r0000001a00000000");
  assertEquals(script.peer.stats.pending, 0);
});

Deno.test("what was not sent fails once no handler may need it (extension/drain-requests)", async () => {
  const gate = Promise.withResolvers<void>();
  const handlers = new Handlers()
    .handleBytes("slow", async () => {
      await gate.promise;
      return new Uint8Array(0);
    });
  await using script = await ScriptedPeer.open({
    handlers,
    limits: { maxPendingRequests: 1 },
  });
  await script.say("r0001004slow00000000");
  const sent = watch(script.peer.requestText("a", ""));
  const queued = Array.from(
    { length: 5_000 },
    () => watch(script.peer.requestText("b", "")),
  );
  const unopened = script.peer.stream("c").writable.getWriter();
  await settled();
  await script.say(drain());
  assertEquals(queued[0]!.state, "pending");
  script.heard();
  gate.resolve();
  await settled();
  for (const call of queued) {
    assertEquals(call.rejection(isConnectionClosedError).outcome, "not-sent");
  }
  await assertRejects(() => unopened.write(text.encode("1")));
  await script.say("R000000000000");
  assertEquals(script.heard(), "R000100000000");
  assertEquals([sent.state, script.peer.stats.pending], ["resolved", 0]);
});

Deno.test("a peer that drains is served, and asked for what its requests need (extension/drain-serves, extension/drain-requests)", async () => {
  const handlers = new Handlers()
    .handleText("relay", (_, { peer }) => peer.requestText("need", ""))
    .handleText("echo", (value) => value);
  await using script = await ScriptedPeer.open({ handlers });
  await script.say(drain());
  await script.say("r0001005relay00000000");
  assertEquals(script.heard(), "r0000004need00000000");
  await script.say("r0002004echo00000002hi");
  assertEquals(script.heard(), "R000200000002hi");
  await script.say("R000000000004done");
  assertEquals(script.heard(), "R000100000004done");
  const own = watch(script.peer.requestText("own", ""));
  await settled();
  assertEquals(own.state, "rejected");
});

Deno.test("a second drain changes nothing, and counts as unproductive (extension/drain-final, extension/rate)", async () => {
  await using script = await ScriptedPeer.open({
    limits: { maxUnproductiveBurst: 1, maxUnproductivePerSecond: 0 },
  });
  await script.say(drain("one") + drain("two"));
  assertEquals(script.events, [{ type: "drain", reason: "one" }]);
  assertEquals(script.peer.state, "open");
  await script.say(drain("three"));
  assertEquals(script.peer.state, "closed");
});

Deno.test("a reason of a drain can be any bytes, and is shown safely (extension/any-time)", async () => {
  await using script = await ScriptedPeer.open();
  await script.say(drain("\xff\x1b[2J" + "x".repeat(1_000)));
  const [event] = script.events;
  if (event?.type !== "drain") throw new Error("no drain");
  assertEquals(event.reason.slice(0, 20), "\ufffd\\x1b[2J" + "x".repeat(12));
});

Deno.test("streams that cross the drain are carried out, single requests are refused (extension/drain-answers)", async () => {
  const handlers = new Handlers().handleStream("up", (parts) => parts)
    .handleText("echo", (value) => value);
  await using script = await ScriptedPeer.open({ handlers, random: () => 0 });
  await script.say("r0001004echo00000002hi");
  const drained = watch(script.peer.drain({ quiet: 50 }));
  await script.say("r0002004echo00000002hi");
  await script.say("s0003002up00000001a");
  assertEquals(
    script.heard(),
    `R000100000002hi${drain()}` +
      "e0002000001f40000000dshutting downS000300000001a",
  );
  await script.clock.advance(49);
  await script.say("p000300000000");
  await script.say("s0004002up00000001bp000400000000");
  assertEquals(
    script.heard(),
    "S000300000000S000400000001bS000400000000",
  );
  // Later than that, the remote peer knows.
  await script.clock.advance(1);
  await script.say("s0005002up00000001c");
  assertEquals(script.heard(), "e0005000001f40000000dshutting down");
  assertEquals(drained.state, "pending");
  await script.clock.advance(50);
  assertEquals(drained.state, "resolved");
});

Deno.test("without extensions, no drain is sent or followed", async () => {
  await using script = await ScriptedPeer.open({ extensions: false });
  await script.say(drain());
  watch(script.peer.requestText("a", ""));
  await settled();
  assertEquals(script.heard(), "r0000001a00000000");
  void script.peer.drain();
  await settled();
  assertEquals(script.heard(), "");
});
