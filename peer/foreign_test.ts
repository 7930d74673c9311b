import { assertEquals, assertRejects } from "@std/assert";
import { json, text } from "../codec/mod.ts";
import type { ChannelInfo } from "../transport/channel.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { isConnectionClosedError } from "./connection_closed_error.ts";
import { Handlers } from "./handlers.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { isOperationError } from "./operation_error.ts";
import { isRetryError } from "./retry_error.ts";

// The behavior of other implementations, scripted.

const handlers = new Handlers()
  .handleBytes("echo", (payload) => payload)
  .handleStream("count", async function* (parts) {
    let size = 0;
    for await (const part of parts) size += part.byteLength;
    yield text.encode(`${size}`);
  });

Deno.test("Go: an end marker after the ErrorResult of a stream is ignored (request/unknown-answer)", async () => {
  await using script = await ScriptedPeer.open();
  const { readable, writable } = script.peer.stream("fail");
  const writer = writable.getWriter();
  await writer.write(text.encode("abc"));
  await script.say("S000000000003oneE00000000000bstream boomS000000000000");
  const error = await assertRejects(() => Array.fromAsync(readable));
  assertEquals(isOperationError(error), true);
  const next = script.peer.requestText("echo", "");
  await script.say("R000100000002ok");
  assertEquals(await next, "ok");
});

Deno.test("Go: requests with little-endian counters as IDs are answered under these IDs", async () => {
  await using script = await ScriptedPeer.open({ handlers });
  await script.say(
    "r\x02\0\0\x00004echo00000001cr\0\0\0\x00004echo00000001ar\x01\0\0\x00004echo00000001b",
  );
  assertEquals(
    script.heard(),
    "R\x02\0\0\x0000000001cR\0\0\0\x0000000001aR\x01\0\0\x0000000001b",
  );
});

Deno.test("Go: a server that closes without a ProtocolError leaves the outcome of calls unknown", async () => {
  await using script = await ScriptedPeer.open({ handshake: false });
  const opened = watch(script.peer.opened);
  const call = watch(script.peer.requestText("x", ""));
  await settled();
  script.channel.reset();
  await settled();
  assertEquals(opened.state, "rejected");
  assertEquals(call.rejection(isConnectionClosedError).outcome, "unknown");
});

Deno.test("Go: a server that sends no heartbeats is never timed out, and receives heartbeats (heartbeat/armed)", async () => {
  await using script = await ScriptedPeer.open({
    role: "initiator",
    limits: { heartbeatInterval: DEFAULT_LIMITS.heartbeatInterval },
  });
  await script.clock.advance(3_600_000);
  assertEquals(script.peer.state, "open");
  assertEquals(script.heard().length, 181 * 13);
});

Deno.test("Go: a heartbeat right after the version is accepted", async () => {
  await using script = await ScriptedPeer.open({
    handlers,
    handshake: false,
    role: "acceptor",
  });
  await script.say("01h00005f63ee48r\0\0\0\x00004echo00000002hi");
  assertEquals(script.heard(), "01R\0\0\0\x0000000002hi");
});

Deno.test("Go: a read timeout that is reported with code 3 ends the conversation", async () => {
  await using script = await ScriptedPeer.open();
  const call = watch(script.peer.requestText("x", ""));
  await script.say("f00000003");
  assertEquals(call.state, "rejected");
  assertEquals(script.heard(), "r0000001x00000000");
  assertEquals(script.channel.closedWith, { code: 3 });
});

Deno.test("Go: an upload stops when the server refuses streams (stream/stop)", async () => {
  await using script = await ScriptedPeer.open();
  const { readable, writable } = script.peer.stream("upload");
  const writer = writable.getWriter();
  await writer.write(text.encode("a"));
  await writer.write(text.encode("b"));
  await script.say("E00000000001dstream requests not supported");
  await assertRejects(() => writer.write(text.encode("c")));
  await assertRejects(() => Array.fromAsync(readable));
  await settled();
  assertEquals(script.heard(), "s0000006upload00000001ap000000000001b");
});

Deno.test("Go: a RetryResult with a random wait is obeyed (request/retry-wait)", async () => {
  await using script = await ScriptedPeer.open({ random: () => 0 });
  const call = watch(script.peer.requestText("x", "hi"));
  await script.say("e00000000117000000012request rate limit");
  await script.clock.advance(0x1170);
  assertEquals(script.heard(), "r0000001x00000002hir0001001x00000002hi");
  const stream = script.peer.stream("y");
  const reading = watch(Array.fromAsync(stream.readable));
  await script.opened();
  await script.say("e00020000117000000012request rate limit");
  assertEquals(reading.rejection(isRetryError).wait, 0x1170);
  assertEquals(call.state, "pending");
});

Deno.test("Go: JSON with unnecessary escapes is the same value", async () => {
  await using script = await ScriptedPeer.open();
  const call = script.peer.request("x");
  await script.say('R000000000015{"a":"\\u003cb\\u003e"}');
  assertEquals(await call, { a: "<b>" });
});

Deno.test("Go: a client that ends a stream that it never opened is refused with code 2 (stream/unknown-part)", async () => {
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("p\x05\0\0\x0000000000");
  assertEquals(script.heard(), "f00000002");
});

Deno.test("gotalk.js: a stream that is ended without data sends no end marker and is ended by streamIdleTimeout (limits/idle-stream)", async () => {
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("s!000005count00000000");
  await script.clock.advance(DEFAULT_LIMITS.streamIdleTimeout);
  assertEquals(script.heard(), "E!00000000013stream idle timeout");
});

Deno.test("gotalk.js: the ID of a completed stream may be used again (stream/id-again)", async () => {
  await using script = await ScriptedPeer.open({ handlers });
  for (const data of ["a", "bc"]) {
    await script.say(`s!000005count0000000${data.length}${data}p!00000000000`);
    assertEquals(
      script.heard(),
      `S!00000000001${data.length}S!00000000000`,
    );
  }
});

Deno.test("gotalk.js: requests that arrive together with the version are answered (handshake/messages-at-once, handshake/chunking)", async () => {
  await using script = await ScriptedPeer.open({ handlers, handshake: false });
  script.channel.send("01");
  script.channel.send("r0000004echo00000002");
  script.channel.send("hi");
  await settled();
  assertEquals(script.heard(), "01R000000000002hi");
});

Deno.test("gotalk.js: with `overload: error` a refusal is an ErrorResult, since a RetryResult ends its connection (limits/no-retry)", async () => {
  await using script = await ScriptedPeer.open({
    handlers,
    overload: "error",
    limits: { maxConcurrentRequests: 0 },
  });
  await script.say("r0000004echo00000002hi");
  assertEquals(script.heard(), "E00000000001dsingle requests not supported");
});

Deno.test("gotalk.js: error texts, empty results and upper-case digits are accepted", async () => {
  await using script = await ScriptedPeer.open();
  const failed = watch(script.peer.request("nope"));
  const empty = watch(script.peer.request("empty"));
  const upper = watch(script.peer.requestText("upper", ""));
  await script.say('E000000000018no such operation "nope"');
  await script.say("R000100000000R00020000000A0123456789");
  assertEquals(
    text.decode(failed.rejection(isOperationError).payload),
    'no such operation "nope"',
  );
  assertEquals([empty.state, empty.value], ["resolved", undefined]);
  assertEquals(upper.value, "0123456789");
});

Deno.test("a ProtocolError ends the conversation even if the remote peer leaves the connection open (error/received)", async () => {
  await using script = await ScriptedPeer.open();
  await script.say("f00000002");
  assertEquals(script.peer.state, "closed");
  assertEquals(script.heard(), "");
});

Deno.test("the payload of an ErrorResult or RetryResult reaches the caller unchanged, be it JSON, empty or binary (request/error-payload)", async () => {
  await using script = await ScriptedPeer.open();
  const calls = [0, 1, 2].map(() => watch(script.peer.request("x")));
  await script.say('E00000000000a{"code":1}E000100000000E000200000002\xff\0');
  const payloads = calls.map((call) =>
    call.rejection(isOperationError).payload
  );
  assertEquals(json.decode(payloads[0]!), { code: 1 });
  assertEquals(payloads[1], new Uint8Array(0));
  assertEquals(payloads[2], Uint8Array.of(0xff, 0));
  const refused = ["a", "b"].map((operation) =>
    watch(script.peer.request(operation, undefined, { retry: false }))
  );
  await script.say("e00030000006400000002\xff\0e00040000006400000000");
  assertEquals(
    refused.map((call) => call.rejection(isRetryError).payload),
    [Uint8Array.of(0xff, 0), new Uint8Array(0)],
  );
});

Deno.test("gotalk.js: a page that reports no extensions receives errors for what a limit refuses, other clients RetryResults (limits/no-retry)", async () => {
  const browser = { origin: "https://a", "user-agent": "Mozilla/5.0" };
  const cases: [ChannelInfo["transport"], Record<string, string>, string][] = [
    ["websocket", browser, "E"],
    ["websocket", { origin: "https://a", "user-agent": "Go" }, "e"],
    ["websocket", { origin: "https://a" }, "e"],
    ["websocket", { "user-agent": "Mozilla/5.0" }, "e"],
    ["tcp", browser, "e"],
  ];
  for (const [transport, headers, kind] of cases) {
    for (const knowsBytes of [false, true]) {
      await using script = await ScriptedPeer.open({
        role: "acceptor",
        mergeUnits: () => {},
        handlers: new Handlers().handle("hold", () => new Promise(() => {})),
        limits: { maxConcurrentRequests: 1 },
      });
      const request = new Request("http://a/", { headers });
      const info = { ...script.channel.info, transport, request };
      Object.assign(script.channel, { info });
      if (knowsBytes) await script.say("n00cgotalk:bytes00000000");
      script.heard();
      await script.say("r0001004hold00000000r0002004hold00000000");
      const wanted = knowsBytes ? "e" : kind;
      assertEquals(script.heard()[0], wanted, `${transport} ${wanted}`);
    }
  }
});
