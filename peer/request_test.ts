import { assert, assertEquals, assertRejects } from "@std/assert";
import { isLimitError, isValidationError } from "../codec/mod.ts";
import { memoryPair } from "../transport/mod.ts";
import { fromText, toText } from "./testing/scripted_channel.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { Handlers } from "./handlers.ts";
import { isOperationError } from "./operation_error.ts";
import { Peer } from "./peer.ts";

const echo = new Handlers().handleBytes("echo", (payload) => payload);

Deno.test("a request is answered under its ID", async () => {
  await using script = await ScriptedPeer.open({ handlers: echo });
  await script.say("r0001004echo00000002hi");
  assertEquals(script.heard(), "R000100000002hi");
});

Deno.test("request IDs come back byte for byte, whatever they are", async () => {
  await using script = await ScriptedPeer.open({ handlers: echo });
  for (const id of ["\0\0\0\0", "\xff\xff\xff\xff", "\r\n\r\n", "r000"]) {
    await script.say(`r${id}004echo00000000`);
    assertEquals(script.heard(), `R${id}00000000`);
  }
});

Deno.test("requests that come together are answered together, in one write", async () => {
  await using script = await ScriptedPeer.open({ handlers: echo });
  await script.say("r0001004echo00000001ar0002004echo00000001b");
  assertEquals(script.heard(), "R000100000001aR000200000001b");
});

Deno.test("a slow request does not hold up a fast one", async () => {
  const gate = Promise.withResolvers<void>();
  const handlers = new Handlers(echo).handleBytes(
    "slow",
    async (payload) => (await gate.promise, payload),
  );
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("r0001004slow00000001ar0002004echo00000001b");
  assertEquals(script.heard(), "R000200000001b");
  assertEquals(script.peer.stats.running, 1);
  gate.resolve();
  await settled();
  assertEquals(script.heard(), "R000100000001a");
  assertEquals(script.peer.stats.running, 0);
});

Deno.test("two requests in flight under one ID are both answered", async () => {
  const gates = [
    Promise.withResolvers<Uint8Array>(),
    Promise.withResolvers<Uint8Array>(),
  ];
  let next = 0;
  const handlers = new Handlers().handleBytes(
    "wait",
    () => gates[next++]!.promise,
  );
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("r0001004wait00000000".repeat(2));
  gates[1]!.resolve(fromText("b"));
  gates[0]!.resolve(fromText("a"));
  await settled();
  assertEquals(script.heard(), "R000100000001bR000100000001a");
});

Deno.test("an ID is free again once its request is answered", async () => {
  await using script = await ScriptedPeer.open({ handlers: echo });
  await script.say("r0001004echo00000001a");
  await script.say("r0001004echo00000001b");
  assertEquals(script.heard(), "R000100000001aR000100000001b");
});

Deno.test("every chunking gives the same answers", async () => {
  const input = "01r0001004echo00000002hih00005f63ee48n004nope00000002hi" +
    "r000200000000000R999900000003abcr0003004echo00000000";
  const outputs = new Set<string>();
  for (let size = 1; size <= input.length; size++) {
    await using script = await ScriptedPeer.open({
      handlers: echo,
      handshake: false,
    });
    for (let at = 0; at < input.length; at += size) {
      await script.say(input.slice(at, at + size));
    }
    outputs.add(script.heard());
  }
  assertEquals([...outputs], [
    '01R000100000002hiE000200000014unknown operation ""R000300000000',
  ]);
});

Deno.test("a call sends a request and resolves with its answer", async () => {
  await using script = await ScriptedPeer.open();
  const call = script.peer.requestText("greet", "Ada");
  await settled();
  assertEquals(script.heard(), "r0000005greet00000003Ada");
  await script.say("R000000000009Hello Ada");
  assertEquals(await call, "Hello Ada");
  assertEquals(script.peer.stats.pending, 0);
});

Deno.test("answers find their calls in any order", async () => {
  await using script = await ScriptedPeer.open();
  const first = script.peer.requestText("a", "");
  const second = script.peer.requestText("b", "");
  const third = script.peer.requestText("c", "");
  await script.say("R000200000001cR000000000001aR000100000001b");
  assertEquals(await Promise.all([first, second, third]), ["a", "b", "c"]);
});

Deno.test("JSON goes out and comes back; undefined is the empty payload", async () => {
  await using script = await ScriptedPeer.open();
  const first = script.peer.request("sum", { a: 1, b: [2] });
  const second = script.peer.request("ping");
  await settled();
  assertEquals(
    script.heard(),
    'r0000003sum0000000f{"a":1,"b":[2]}r0001004ping00000000',
  );
  await script.say('R00000000000a{"sum": 3}R000100000000');
  assertEquals(await first, { sum: 3 });
  assertEquals(await second, undefined);
});

Deno.test("an ErrorResult rejects the call with its payload, unchanged", async () => {
  await using script = await ScriptedPeer.open();
  const call = watch(script.peer.request("divide", 1));
  await script.say('E000000000008{"a":\xff\0}');
  const error = call.rejection(isOperationError);
  assertEquals(error.operation, "divide");
  assertEquals(toText(error.payload), '{"a":\xff\0}');
  assertEquals(
    error.message,
    'Cannot complete "divide": the remote peer answered with the error ' +
      '"{\\x22a\\x22:\\xff\\x00}"',
  );
});

Deno.test("a long error text is cut in the message, not in the payload", async () => {
  await using script = await ScriptedPeer.open();
  const call = watch(script.peer.request("x"));
  await script.say(`E0000000003e8${"a".repeat(1000)}`);
  const error = call.rejection(isOperationError);
  assertEquals(error.payload.byteLength, 1000);
  assert(error.message.endsWith(`${"a".repeat(200)}"…`));
});

Deno.test("an answer that is no JSON rejects the call, and the conversation goes on", async () => {
  await using script = await ScriptedPeer.open();
  const call = watch(script.peer.request("x"));
  await script.say("R000000000002{]");
  assertEquals(call.rejection(isValidationError).side, "remote");
  const next = script.peer.requestText("y", "");
  await script.say("R000100000002ok");
  assertEquals(await next, "ok");
});

Deno.test("input that cannot be written rejects the call before anything is sent", async () => {
  await using script = await ScriptedPeer.open();
  const { peer } = script;
  const circular: { self?: unknown } = {};
  circular.self = circular;
  const invalid = [
    peer.request("x", circular),
    peer.request("x", () => {}),
    peer.requestText("x", "\ud800"),
  ];
  for (const call of invalid) {
    const error = await assertRejects(() => call);
    assert(isValidationError(error) && error.side === "local");
  }
  const tooLong = [peer.request("x".repeat(4096)), peer.request("\ud800")];
  for (const call of tooLong) {
    assert(isLimitError(await assertRejects(() => call)));
  }
  assertEquals(script.heard(), "");
  assertEquals(peer.stats.pending, 0);
  assertEquals(peer.stats.messagesOut, 0);
});

Deno.test("the longest name is sent and taken", async () => {
  const name = "é".repeat(2047) + "x";
  const handlers = new Handlers().handleText(name, () => "ok");
  await using script = await ScriptedPeer.open({ handlers });
  const call = script.peer.requestText(name, "");
  await settled();
  const sent = script.heard();
  assertEquals(sent.length, 16 + 4095);
  await script.say(sent);
  assertEquals(script.heard(), "R000000000002ok");
  await script.say("R000000000000");
  await call;
});

Deno.test("an unknown operation is answered with an error that quotes it safely", async () => {
  await using script = await ScriptedPeer.open({ handlers: echo });
  await script.say("r0001004nope00000002hi");
  assertEquals(
    script.heard(),
    'E000100000018unknown operation "nope"',
  );
  await script.say("r0002002\xff\n00000002hi");
  assertEquals(
    script.heard(),
    'E00020000001cunknown operation "\\xff\\x0a"',
  );
  await script.say("r0003004echo00000002hi");
  assertEquals(script.heard(), "R000300000002hi");
});

Deno.test("a handler that is added or replaced while a peer talks is used from then on", async () => {
  const handlers = new Handlers();
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("r0001004late00000000");
  handlers.handleText("late", () => "one");
  await script.say("r0002004late00000000");
  handlers.handleText("late", () => "two");
  await script.say("r0003004late00000000");
  assertEquals(
    script.heard(),
    'E000100000018unknown operation "late"R000200000003oneR000300000003two',
  );
});

Deno.test("both sides ask at the same time, under the same IDs", async () => {
  const [left, right] = memoryPair();
  await using a = new Peer(left, {
    handlers: new Handlers().handle("name", () => "a"),
  });
  await using b = new Peer(right, {
    role: "acceptor",
    handlers: new Handlers().handle("name", () => "b"),
  });
  assertEquals(
    await Promise.all([a.request("name"), b.request("name")]),
    ["b", "a"],
  );
});

Deno.test("a handler can ask the side that asks it", async () => {
  const [left, right] = memoryPair();
  const handlers = new Handlers().handle(
    "countdown",
    async (n: number, { peer }): Promise<unknown> =>
      n === 0 ? ["done"] : [n, await peer.request("countdown", n - 1)],
  );
  await using a = new Peer(left, { handlers });
  await using _b = new Peer(right, { handlers, role: "acceptor" });
  assertEquals(await a.request("countdown", 3), [3, [2, [1, ["done"]]]]);
});

Deno.test("payloads are not overwritten by later input or output", async () => {
  const [left, right] = memoryPair();
  await using a = new Peer(left);
  await using _b = new Peer(right, { handlers: echo, role: "acceptor" });
  const payloads = Array.from(
    { length: 200 },
    (_, index) => new Uint8Array(index * 37).fill(index),
  );
  const answers = await Promise.all(
    payloads.map((payload) => a.requestBytes("echo", payload)),
  );
  assertEquals(answers, payloads);
});

Deno.test("an answer of many megabytes arrives whole", async () => {
  const [left, right] = memoryPair({ capacity: 1000 });
  await using a = new Peer(left);
  await using _b = new Peer(right, { handlers: echo, role: "acceptor" });
  const payload = crypto.getRandomValues(new Uint8Array(65536));
  const large = new Uint8Array(3_000_000);
  for (let at = 0; at < large.length; at += 65536) {
    large.set(payload.subarray(0, large.length - at), at);
  }
  const answer = await a.requestBytes("echo", large);
  assertEquals(answer.byteLength, large.byteLength);
  assert(answer.every((byte, index) => byte === large[index]));
});
