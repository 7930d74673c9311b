import { assert, assertEquals, assertRejects } from "@std/assert";
import { isLimitError, isValidationError } from "../codec/mod.ts";
import { memoryPair } from "../transport/mod.ts";
import {
  fromText,
  ScriptedChannel,
  toText,
} from "./testing/scripted_channel.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { isConnectionClosedError } from "./connection_closed_error.ts";
import { Handlers } from "./handlers.ts";
import { isOperationError } from "./operation_error.ts";
import { Peer } from "./peer.ts";
import { RetryError } from "./retry_error.ts";

const echo = new Handlers().handleBytes("echo", (payload) => payload);

Deno.test("a request is answered once, under its ID (request/answered)", async () => {
  await using script = await ScriptedPeer.open({ handlers: echo });
  await script.say("r0001004echo00000002hi");
  assertEquals(script.heard(), "R000100000002hi");
});

Deno.test("request IDs are returned byte for byte, whatever they are (wire/request-id)", async () => {
  await using script = await ScriptedPeer.open({ handlers: echo });
  for (const id of ["\0\0\0\0", "\xff\xff\xff\xff", "\r\n\r\n", "r000"]) {
    await script.say(`r${id}004echo00000000`);
    assertEquals(script.heard(), `R${id}00000000`);
  }
});

Deno.test("requests that arrive together are answered in one write", async () => {
  await using script = await ScriptedPeer.open({ handlers: echo });
  await script.say("r0001004echo00000001ar0002004echo00000001b");
  assertEquals(script.heard(), "R000100000001aR000200000001b");
});

Deno.test("a slow request does not delay a fast one (request/concurrent)", async () => {
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

Deno.test("two requests in flight under one ID are both answered (request/id-duplicate)", async () => {
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

Deno.test("an ID may be used again once its request is answered (request/id-again)", async () => {
  await using script = await ScriptedPeer.open({ handlers: echo });
  await script.say("r0001004echo00000001a");
  await script.say("r0001004echo00000001b");
  assertEquals(script.heard(), "R000100000001aR000100000001b");
});

Deno.test("results do not depend on how the input is chunked (wire/chunking)", async () => {
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

Deno.test("a call sends a request and resolves with its result", async () => {
  await using script = await ScriptedPeer.open();
  const call = script.peer.requestText("greet", "Ada");
  await settled();
  assertEquals(script.heard(), "r0000005greet00000003Ada");
  await script.say("R000000000009Hello Ada");
  assertEquals(await call, "Hello Ada");
  assertEquals(script.peer.stats.pending, 0);
});

Deno.test("results may arrive in any order (request/any-order)", async () => {
  await using script = await ScriptedPeer.open();
  const first = script.peer.requestText("a", "");
  const second = script.peer.requestText("b", "");
  const third = script.peer.requestText("c", "");
  await script.say("R000200000001cR000000000001aR000100000001b");
  assertEquals(await Promise.all([first, second, third]), ["a", "b", "c"]);
});

Deno.test("a call sends and receives JSON; undefined is the empty payload", async () => {
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

Deno.test("an ErrorResult rejects the call with its payload, unchanged (request/error-payload)", async () => {
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

Deno.test("a long error text is truncated in the message of the error, not in its payload", async () => {
  await using script = await ScriptedPeer.open();
  const call = watch(script.peer.request("x"));
  await script.say(`E0000000003e8${"a".repeat(1000)}`);
  const error = call.rejection(isOperationError);
  assertEquals(error.payload.byteLength, 1000);
  assert(error.message.endsWith(`"${"a".repeat(200)}…"`));
});

Deno.test("a result that is not JSON rejects the call, and the conversation continues", async () => {
  await using script = await ScriptedPeer.open();
  const call = watch(script.peer.request("x"));
  await script.say("R000000000002{]");
  assertEquals(call.rejection(isValidationError).side, "remote");
  const next = script.peer.requestText("y", "");
  await script.say("R000100000002ok");
  assertEquals(await next, "ok");
});

Deno.test("input that cannot be encoded rejects the call, and nothing is sent (wire/range)", async () => {
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

Deno.test("a name of 4,095 bytes is sent and accepted (limits/name)", async () => {
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

Deno.test("an unknown operation is answered with an ErrorResult that quotes it, and the conversation continues (request/unknown-operation, request/error-text, error/not-for-requests)", async () => {
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

Deno.test("a handler that is added or replaced during the conversation applies from then on", async () => {
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

Deno.test("both peers send requests under the same ID at the same time (request/id-scope)", async () => {
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

Deno.test("a handler can send requests to the remote peer", async () => {
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

Deno.test("a result of several megabytes arrives complete", async () => {
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

Deno.test("operations match byte for byte, the empty one included (request/operation)", async () => {
  const handlers = new Handlers();
  // The same text twice, composed and decomposed.
  for (const name of ["", "echo", "Echo", "\u00e9", "e\u0301"]) {
    handlers.handleText(name, () => `<${name}>`);
  }
  await using script = await ScriptedPeer.open({ handlers });
  const answers: Record<string, string> = {
    "000": "R000100000002<>",
    "004echo": "R000100000006<echo>",
    "004Echo": "R000100000006<Echo>",
    "002\xc3\xa9": "R000100000004<\xc3\xa9>",
    "003e\xcc\x81": "R000100000005<e\xcc\x81>",
    "005echo ": 'E000100000019unknown operation "echo "',
    "004ECHO": 'E000100000018unknown operation "ECHO"',
  };
  for (const [name, answer] of Object.entries(answers)) {
    await script.say(`r0001${name}00000000`);
    assertEquals(script.heard(), answer);
  }
});

Deno.test("a single request is never answered with StreamResults (request/answer-kind)", async () => {
  const handlers = new Handlers()
    .handleBytes("large", () => new Uint8Array(100_000))
    .handle("fails", () => Promise.reject(new Error("boom")))
    .handle("busy", () => {
      throw new RetryError("busy", { wait: 1 });
    });
  await using script = await ScriptedPeer.open({ handlers });
  await script.say(
    "r0001005large00000000r0002005fails00000000r0003004busy00000000",
  );
  const kinds = script.channel.takeMessages().map(({ kind }) => kind);
  assertEquals(kinds.toSorted(), [
    "ErrorResult",
    "RetryResult",
    "SingleResult",
  ]);
});

Deno.test("a channel whose remote side takes no calls refuses them with its reason, and notifications if it takes none", async () => {
  const reason = new Error("HTTP carries no calls of a server");
  for (const what of ["calls", "calls and notifications"] as const) {
    const channel = new ScriptedChannel();
    Object.assign(channel, { refuses: { what, reason } });
    const peer = new Peer(channel);
    const error = await assertRejects(() => peer.request("x"));
    if (!isConnectionClosedError(error)) throw error;
    assertEquals([error.outcome, error.cause], ["not-sent", reason]);
    const notified = watch(peer.notify("n"));
    await settled();
    const taken = what === "calls" ? "resolved" : "rejected";
    assertEquals(notified.state, taken);
    peer.abort();
    await peer.closed;
  }
});
