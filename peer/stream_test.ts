import { assert, assertEquals, assertRejects } from "@std/assert";
import { isLimitError, text } from "../codec/mod.ts";
import { memoryPair } from "../transport/mod.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { Handlers } from "./handlers.ts";
import { isOperationError } from "./operation_error.ts";
import { Peer } from "./peer.ts";
import { isRetryError } from "./retry_error.ts";

const upper = new Handlers().handleStream(
  "upper",
  async function* (parts) {
    for await (const part of parts) {
      yield text.encode(text.decode(part).toUpperCase());
    }
  },
);

Deno.test("a stream handler receives and returns parts in order, up to the end marker (stream/parts, stream/answer)", async () => {
  await using script = await ScriptedPeer.open({ handlers: upper });
  await script.say("s0001005upper00000002ab");
  assertEquals(script.heard(), "S000100000002AB");
  await script.say("p000100000001cp000100000001d");
  assertEquals(script.heard(), "S000100000001CS000100000001D");
  assertEquals(script.peer.stats.running, 1);
  await script.say("p000100000000");
  assertEquals(script.heard(), "S000100000000");
  assertEquals(script.peer.stats.running, 0);
});

Deno.test("a stream request without data opens the stream and does not end it (stream/open)", async () => {
  await using script = await ScriptedPeer.open({ handlers: upper });
  await script.say("s0001005upper00000000");
  assertEquals(script.heard(), "");
  await script.say("p000100000001ap000100000000");
  assertEquals(script.heard(), "S000100000001AS000100000000");
});

Deno.test("a stream handler may return any iterable, or nothing (stream/answer)", async () => {
  const one = Uint8Array.of(49);
  const handlers = new Handlers()
    .handleStream("stream", () => ReadableStream.from([one, one]))
    .handleStream("iterable", () => [one])
    .handleStream("async", async function* () {
      yield await Promise.resolve(one);
    })
    .handleStream("nothing", () => {});
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("s0001006stream00000000");
  assertEquals(script.heard(), "S0001000000011S0001000000011S000100000000");
  await script.say("s0002008iterable00000000");
  assertEquals(script.heard(), "S0002000000011S000200000000");
  await script.say("s0003005async00000000");
  assertEquals(script.heard(), "S0003000000011S000300000000");
  await script.say("s0004007nothing00000000");
  assertEquals(script.heard(), "S000400000000");
});

Deno.test("an empty chunk of output sends nothing (stream/empty-chunk)", async () => {
  const handlers = new Handlers().handleStream("gaps", () => [
    new Uint8Array(0),
    Uint8Array.of(49),
    new Uint8Array(0),
    Uint8Array.of(50),
  ]);
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("s0001004gaps00000000");
  assertEquals(script.heard(), "S0001000000011S0001000000012S000100000000");
});

Deno.test("output is sent in parts of at most maxPartBytes", async () => {
  const handlers = new Handlers().handleStream(
    "ten",
    () => [text.encode("0123456789")],
  );
  await using script = await ScriptedPeer.open({
    handlers,
    limits: { maxPartBytes: 4 },
  });
  await script.say("s0001003ten00000000");
  assertEquals(
    script.heard(),
    "S0001000000040123S0001000000044567S00010000000289S000100000000",
  );
});

Deno.test("a stream handler that fails, at once or after output, is answered with an ErrorResult and nothing after it (request/handler-failure, request/answered, stream/answer)", async () => {
  const handlers = new Handlers()
    .handleStream("at-once", () => {
      throw new Error("secret");
    })
    .handleStream("after", async function* () {
      yield await Promise.resolve(Uint8Array.of(49));
      throw new Error("secret");
    });
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("s0001007at-once00000000p000100000001ap000100000000");
  assertEquals(script.heard(), "E00010000000einternal error");
  await script.say("s0002005after00000000");
  assertEquals(script.heard(), "S0002000000011E00020000000einternal error");
  assertEquals(
    script.events.filter(({ type }) => type === "handler-error").length,
    2,
  );
});

Deno.test("an unknown stream operation is answered with an ErrorResult, and later parts are ignored (request/unknown-operation, stream/late-parts)", async () => {
  await using script = await ScriptedPeer.open({
    handlers: new Handlers(upper).handle("single", () => 1),
  });
  await script.say("s0001004nope00000001ap000100000001bp000100000000");
  assertEquals(script.heard(), 'E000100000018unknown operation "nope"');
  await script.say("s0002006single00000000p000200000000");
  assertEquals(script.heard(), 'E00020000001aunknown operation "single"');
  assertEquals(script.peer.state, "open");
  assertEquals(script.peer.stats.dropped, 3);
});

Deno.test("parts after the end marker and after the answer are ignored (stream/part-after-end, stream/late-parts)", async () => {
  const gate = Promise.withResolvers<void>();
  const handlers = new Handlers(upper).handleStream("wait", async (parts) => {
    await Array.fromAsync(parts);
    await gate.promise;
  });
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("s0001004wait00000000p000100000000p000100000001a");
  assertEquals(script.heard(), "");
  gate.resolve();
  await script.say("");
  await settled();
  assertEquals(script.heard(), "S000100000000");
  await script.say("p000100000001ap000100000000");
  assertEquals(script.heard(), "");
  assertEquals(
    script.events,
    Array(3).fill({
      type: "drop",
      kind: "StreamRequestPart",
      reason: "stream-ended",
    }),
  );
});

Deno.test("a handler may answer before its input has ended, and the rest is dropped (stream/answer-early, stream/unread)", async () => {
  const handlers = new Handlers().handleStream(
    "first",
    async function* (parts) {
      for await (const part of parts) {
        yield part;
        return;
      }
    },
  );
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("s0001005first00000001a");
  assertEquals(script.heard(), "S000100000001aS000100000000");
  await script.say("p000100000001bp000100000000r0002004nope00000000");
  assertEquals(script.heard(), 'E000200000018unknown operation "nope"');
});

Deno.test("an ID may be used for another stream once its stream is answered (stream/id-again)", async () => {
  await using script = await ScriptedPeer.open({ handlers: upper });
  for (let round = 0; round < 3; round++) {
    await script.say("s0001005upper00000001ap000100000000");
    assertEquals(script.heard(), "S000100000001AS000100000000");
  }
});

Deno.test("a single request and a stream under one ID are two requests", async () => {
  const handlers = new Handlers(upper).handleText("echo", (value) => value);
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("s0001005upper00000001ar0001004echo00000001b");
  await script.say("p000100000000");
  assertEquals(
    script.heard(),
    "R000100000001bS000100000001AS000100000000",
  );
});

Deno.test("a stream call sends its first chunk with the request, then parts, then the end marker (stream/open, stream/parts, stream/end-marker)", async () => {
  await using script = await ScriptedPeer.open();
  const { readable, writable } = script.peer.stream("upper");
  const writer = writable.getWriter();
  await settled();
  assertEquals(script.heard(), "", "the request is sent too early");
  await writer.write(text.encode("ab"));
  await writer.write(text.encode("c"));
  await writer.close();
  await settled();
  assertEquals(
    script.heard(),
    "s0000005upper00000002abp000000000001cp000000000000",
  );
  await script.say("S000000000002ABS000000000001CS000000000000");
  assertEquals(
    (await Array.fromAsync(readable)).map((part) => text.decode(part)),
    ["AB", "C"],
  );
  assertEquals(script.peer.stats.pending, 0);
});

Deno.test("a stream call whose answer is read first sends a request without data (stream/open)", async () => {
  await using script = await ScriptedPeer.open();
  const { readable, writable } = script.peer.stream("feed");
  const reader = readable.getReader();
  const first = reader.read();
  await script.clock.advance(4);
  assertEquals(script.heard(), "");
  await script.clock.advance(1);
  assertEquals(script.heard(), "s0000004feed00000000");
  const writer = writable.getWriter();
  await writer.write(text.encode("a"));
  await writer.close();
  await settled();
  assertEquals(script.heard(), "p000000000001ap000000000000");
  await script.say("S000000000001xS000000000000");
  assertEquals((await first).value, text.encode("x"));
  assert((await reader.read()).done);
});

Deno.test("a stream call whose answer is read first sends the data that follow at once with its request, since Go handlers get an empty first part otherwise (stream/open)", async () => {
  // What the application does after it has begun to read, and for how long.
  for (
    const [delay, isLocked] of [[0, false], [4, false], [24, true]] as const
  ) {
    await using script = await ScriptedPeer.open();
    const { readable, writable } = script.peer.stream("echo");
    const reading = watch(readable.getReader().read());
    const source = new ReadableStream<Uint8Array>({
      start(controller) {
        script.clock.schedule(() => {
          controller.enqueue(text.encode("hi"));
          controller.close();
        }, delay);
      },
    });
    const writer = isLocked ? undefined : source.getReader();
    const piping = isLocked
      ? source.pipeTo(writable)
      : writer!.read().then(async ({ value }) => {
        const writer = writable.getWriter();
        await writer.write(value!);
        await writer.close();
      });
    await script.clock.advance(delay);
    await piping;
    await settled();
    assertEquals(script.heard(), "s0000004echo00000002hip000000000000");
    assertEquals(reading.state, "pending");
  }
});

Deno.test("a stream call whose input is locked and not written waits no longer than 25 ms for its first data (stream/open)", async () => {
  await using script = await ScriptedPeer.open();
  const { readable, writable } = script.peer.stream("feed");
  writable.getWriter();
  const reading = watch(readable.getReader().read());
  await script.clock.advance(24);
  assertEquals(script.heard(), "");
  await script.clock.advance(1);
  assertEquals(script.heard(), "s0000004feed00000000");
  assertEquals(reading.state, "pending");
});

Deno.test("a stream call without data sends a request and an end marker (stream/end-marker)", async () => {
  await using script = await ScriptedPeer.open();
  const { readable, writable } = script.peer.stream("empty");
  await writable.close();
  await settled();
  assertEquals(script.heard(), "s0000005empty00000000p000000000000");
  await script.say("S000000000000");
  assertEquals(await Array.fromAsync(readable), []);
});

Deno.test("an empty chunk sends no part, and a large one is split (stream/empty-chunk)", async () => {
  await using script = await ScriptedPeer.open({ limits: { maxPartBytes: 3 } });
  const { writable } = script.peer.stream("up");
  const writer = writable.getWriter();
  await writer.write(new Uint8Array(0));
  await writer.write(text.encode("abcdefg"));
  await writer.write(new Uint8Array(0));
  await settled();
  assertEquals(
    script.heard(),
    "s0000002up00000003abcp000000000003defp000000000001g",
  );
});

Deno.test("data can be piped into and out of a stream call", async () => {
  const [left, right] = memoryPair();
  await using client = new Peer(left);
  await using _server = new Peer(right, { handlers: upper, role: "acceptor" });
  const parts = ["a", "b", "c"].map((part) => text.encode(part));
  const call = client.stream("upper");
  const [output] = await Promise.all([
    Array.fromAsync(call.readable),
    ReadableStream.from(parts).pipeTo(call.writable),
  ]);
  assertEquals(
    output.map((part) => text.decode(part)),
    ["A", "B", "C"],
  );
  const through = ReadableStream.from(parts).pipeThrough(
    client.stream("upper"),
  );
  assertEquals((await Array.fromAsync(through)).length, 3);
});

Deno.test("a stream call sends nothing once its answer is complete, not even the end marker (stream/stop)", async () => {
  for (
    const answer of [
      "S000000000000",
      "R000000000001x",
      "E000000000004nope",
      "e00000000006400000004busy",
    ]
  ) {
    await using script = await ScriptedPeer.open();
    const { readable, writable } = script.peer.stream("up");
    const writer = writable.getWriter();
    await writer.write(text.encode("a"));
    await settled();
    assertEquals(script.heard(), "s0000002up00000001a");
    await script.say(answer);
    await assertRejects(() => writer.write(text.encode("b")));
    await assertRejects(() => writer.close());
    await settled();
    assertEquals(script.heard(), "", answer);
    const reading = watch(Array.fromAsync(readable));
    await settled();
    if (answer.startsWith("E")) reading.rejection(isOperationError);
    else if (answer.startsWith("e")) {
      assertEquals(reading.rejection(isRetryError).wait, 100);
    } else assertEquals(reading.state, "resolved");
  }
});

Deno.test("a stream call discards the rest of a blocked write once its answer is complete (stream/stop)", async () => {
  await using script = await ScriptedPeer.open({
    limits: { maxPartBytes: 100 },
  });
  const { readable, writable } = script.peer.stream("up");
  const writer = writable.getWriter();
  await writer.write(text.encode("a"));
  await settled();
  script.channel.stall();
  const writing = watch(writer.write(new Uint8Array(2_000)));
  await script.say("S000000000000");
  script.channel.resume();
  await settled();
  const sent = script.channel.takeMessages().length;
  // The request, the parts queued before the answer, and those being written.
  assert(sent < 12, `${sent} messages were sent`);
  assert(writing.state !== "pending");
  assertEquals(await Array.fromAsync(readable), []);
});

Deno.test("a stream call that is abandoned before it has an ID sends nothing, not even the end marker", async () => {
  await using script = await ScriptedPeer.open({
    limits: { maxPendingStreams: 1 },
  });
  const controller = new AbortController();
  await script.peer.stream("a").writable.getWriter().write(text.encode("x"));
  const { signal } = controller;
  const { writable } = script.peer.stream("b", { signal });
  const closing = watch(writable.close());
  await settled();
  controller.abort(new Error("enough"));
  await script.say("S000000000000");
  assertEquals(script.heard(), "s0000001a00000001x");
  assert(closing.state !== "pending");
});

Deno.test("an ErrorResult or RetryResult after parts fails the answer (stream/answer-error)", async () => {
  for (const end of ["E000000000004boom", "e00000000006400000004busy"]) {
    await using script = await ScriptedPeer.open();
    const { readable } = script.peer.stream("feed");
    const reader = readable.getReader();
    const first = reader.read();
    await script.opened();
    await script.opened();
    await script.say("S000000000001x");
    assertEquals((await first).value, text.encode("x"));
    const second = watch(reader.read());
    await script.say(end);
    if (end.startsWith("E")) second.rejection(isOperationError);
    else second.rejection(isRetryError);
    assertEquals(script.peer.stats.pending, 0);
  }
});

Deno.test("an answer is complete with its first empty StreamResult, and not before (stream/answer-end)", async () => {
  await using script = await ScriptedPeer.open();
  const reading = watch(Array.fromAsync(script.peer.stream("feed").readable));
  await script.opened();
  await script.say("S000000000001xS000000000001y");
  await script.clock.advance(1e6);
  assertEquals([reading.state, script.peer.stats.pending], ["pending", 1]);
  await script.say("S000000000000");
  assertEquals(reading.value, [text.encode("x"), text.encode("y")]);
  assertEquals(script.peer.stats.pending, 0);
  await script.say("S000000000001z");
  assertEquals(script.peer.stats.dropped, 1);
});

Deno.test("a SingleResult is the complete answer to a stream request (stream/single-answer)", async () => {
  await using script = await ScriptedPeer.open();
  const { readable } = script.peer.stream("feed");
  const reading = watch(Array.fromAsync(readable));
  await script.opened();
  await script.say("R000000000003all");
  assertEquals(reading.value, [text.encode("all")]);
});

Deno.test("StreamResults that answer a single request are joined up to the end marker (request/joined-answer)", async () => {
  await using script = await ScriptedPeer.open();
  const call = script.peer.requestText("x", "");
  await script.say("S000000000002abS000000000001c");
  assertEquals(script.peer.stats.pending, 1);
  await script.say("S000000000000");
  assertEquals(await call, "abc");
});

Deno.test("aborting the input of a stream call sends no end marker", async () => {
  await using script = await ScriptedPeer.open({ extensions: false });
  const { readable, writable } = script.peer.stream("up");
  const writer = writable.getWriter();
  await writer.write(text.encode("a"));
  await settled();
  assertEquals(script.heard(), "s0000002up00000001a");
  await writer.abort(new Error("disk full"));
  await assertRejects(() => Array.fromAsync(readable), Error, "disk full");
  await settled();
  assertEquals(script.heard(), "");
  assertEquals(script.peer.stats.pending, 0);
});

Deno.test("a source that fails while it is piped in fails the stream call", async () => {
  await using script = await ScriptedPeer.open({ extensions: false });
  const { readable, writable } = script.peer.stream("up");
  const source = ReadableStream.from(
    (async function* () {
      yield await Promise.resolve(text.encode("a"));
      throw new Error("disk full");
    })(),
  );
  await assertRejects(() => source.pipeTo(writable), Error, "disk full");
  await assertRejects(() => Array.fromAsync(readable), Error, "disk full");
  await settled();
  assertEquals(script.heard(), "s0000002up00000001a");
});

Deno.test("an operation name that is too long errors both streams of a call", async () => {
  await using script = await ScriptedPeer.open();
  const operation = "x".repeat(4096);
  const read = script.peer.stream(operation);
  const reading = watch(Array.fromAsync(read.readable));
  await script.opened();
  reading.rejection(isLimitError);
  const written = script.peer.stream(operation);
  const writer = written.writable.getWriter();
  assert(
    isLimitError(await assertRejects(() => writer.write(text.encode("a")))),
  );
  assert(isLimitError(
    await assertRejects(() => Array.fromAsync(written.readable)),
  ));
  await settled();
  assertEquals(script.heard(), "");
  assertEquals(script.peer.stats.pending, 0);
});

Deno.test("a requestor uses no stream ID again (stream/id-fresh)", async () => {
  await using script = await ScriptedPeer.open();
  const ids = new Set<number>();
  for (let round = 0; round < 300; round++) {
    const { writable } = script.peer.stream("up");
    await writable.close();
    await settled();
    const [request] = script.channel.takeMessages();
    if (request?.kind !== "StreamRequest") throw new Error("no request");
    ids.add(request.id);
    await script.say(
      `S${String.fromCharCode(...idBytes(request.id))}00000000`,
    );
  }
  assertEquals(ids.size, 300);
});

Deno.test("a handler's input is errored, not ended, when the connection is reset (stream/cut)", async () => {
  const inputs: string[] = [];
  const handlers = new Handlers().handleStream("up", async (parts) => {
    try {
      for await (const part of parts) inputs.push(text.decode(part));
      inputs.push("end");
    } catch {
      inputs.push("cut");
    }
  });
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("s0001002up00000001a");
  script.channel.reset();
  await settled();
  assertEquals(inputs, ["a", "cut"]);
});

Deno.test("an answer is errored, not ended, when the connection ends within it (stream/cut)", async () => {
  await using script = await ScriptedPeer.open();
  const reader = script.peer.stream("feed").readable.getReader();
  const first = reader.read();
  await script.opened();
  await script.say("S000000000001x");
  assertEquals((await first).done, false);
  const second = watch(reader.read());
  await script.end();
  assertEquals(second.state, "rejected");
});

Deno.test("a slow reader of an answer pauses reading from the connection (limits/unread)", async () => {
  await using script = await ScriptedPeer.open({
    extensions: false,
    limits: { maxUnreadBytesPerStream: 3000 },
  });
  const reader = script.peer.stream("feed").readable.getReader();
  const first = reader.read();
  await script.opened();
  const part = `S000000000100${"x".repeat(256)}`;
  for (let sent = 0; sent < 100; sent++) await script.say(part);
  assertEquals((await first).value?.byteLength, 256);
  // One part is delivered. The first queued part is charged 256 + 512 bytes and
  // a block for three more 768 + 512. That of the fifth exceeds the limit.
  assertEquals(script.peer.stats.messagesIn, 1 + 5);
  for (let size = 256; size < 100 * 256;) {
    size += (await reader.read()).value!.byteLength;
  }
  await script.say("S000000000000");
  assert((await reader.read()).done);
});

Deno.test("a slow stream handler pauses reading from the connection until it reads on (limits/unread)", async () => {
  const gate = Promise.withResolvers<void>();
  let size = 0;
  const handlers = new Handlers().handleStream("up", async (parts) => {
    await gate.promise;
    for await (const part of parts) size += part.byteLength;
  });
  await using script = await ScriptedPeer.open({
    handlers,
    extensions: false,
    limits: { maxUnreadBytesPerStream: 3000 },
  });
  await script.say("s0001002up00000000");
  for (let sent = 0; sent < 50; sent++) {
    await script.say(`p000100000100${"x".repeat(256)}`);
  }
  await script.say("p000100000000");
  assertEquals(script.peer.stats.messagesIn, 1 + 5);
  gate.resolve();
  await settled();
  assertEquals(size, 50 * 256);
  assertEquals(script.heard(), "S000100000000");
});

Deno.test("a slow stream does not delay other messages below its limit (stream/slow)", async () => {
  const handlers = new Handlers()
    .handleStream("never", () => new Promise<void>(() => {}))
    .handleText("echo", (value) => value);
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("s0001005never00000000");
  await script.say(`p000100000100${"x".repeat(256)}`.repeat(20));
  await script.say("r0002004echo00000002hi");
  assertEquals(script.heard(), "R000200000002hi");
});

Deno.test("an endless answer waits while the remote peer does not read", async () => {
  let made = 0;
  const handlers = new Handlers().handleStream("endless", function* () {
    for (;; made++) yield new Uint8Array(1000);
  });
  await using script = await ScriptedPeer.open({ handlers });
  script.channel.stall();
  await script.say("s0001007endless00000000");
  // Four parts of 16 KiB are queued, and as many are being written.
  assert(made > 64 && made < 200, `${made} parts were made`);
});

Deno.test("an upload waits while the remote peer does not read", async () => {
  await using script = await ScriptedPeer.open();
  const { writable } = script.peer.stream("up");
  let made = 0;
  const source = ReadableStream.from(
    (function* () {
      for (;; made++) yield new Uint8Array(1000);
    })(),
  );
  script.channel.stall();
  const piping = watch(source.pipeTo(writable));
  await settled();
  assert(made > 64 && made < 200, `${made} parts were made`);
  script.peer.abort();
  await settled();
  assertEquals(piping.state, "rejected");
});

Deno.test("large streams in both directions complete with bounded queues", async () => {
  const [left, right] = memoryPair();
  const handlers = new Handlers().handleStream("echo", (parts) => parts);
  await using client = new Peer(left);
  await using _server = new Peer(right, { handlers, role: "acceptor" });
  const chunk = new Uint8Array(100_000);
  const calls = Array.from({ length: 4 }, async () => {
    const call = client.stream("echo");
    const source = ReadableStream.from(Array(20).fill(chunk));
    const [size] = await Promise.all([
      byteLength(call.readable),
      source.pipeTo(call.writable),
    ]);
    return size;
  });
  assertEquals(await Promise.all(calls), Array(4).fill(2_000_000));
});

Deno.test("a chunk may be overwritten once its write has resolved, whatever the size of parts", async () => {
  const [left, right] = memoryPair();
  const limits = { maxPartBytes: 64 * 1024 };
  const handlers = new Handlers().handleStream("echo", (parts) => parts);
  await using client = new Peer(left, { limits });
  await using _server = new Peer(right, { handlers, limits, role: "acceptor" });
  const { readable, writable } = client.stream("echo");
  const written = (async () => {
    const writer = writable.getWriter();
    const chunk = new Uint8Array(100_000);
    for (let value = 1; value <= 5; value++) {
      await writer.write(chunk.fill(value));
      chunk.fill(255);
    }
    await writer.close();
  })();
  const bytes = new Uint8Array(await new Response(readable).arrayBuffer());
  await written;
  const values = Array.from(
    { length: 5 },
    (_, index) => bytes[index * 100_000],
  );
  assertEquals(values, [1, 2, 3, 4, 5]);
  assertEquals(bytes.includes(255), false);
});

async function byteLength(parts: ReadableStream<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const part of parts) size += part.byteLength;
  return size;
}

function idBytes(id: number): number[] {
  return [id >>> 24, id >>> 16 & 255, id >>> 8 & 255, id & 255];
}

Deno.test("a stream sends bytes only, and fails for anything else", async () => {
  const errors: unknown[] = [];
  const handlers = new Handlers()
    .handleStream("text", () => ["text" as unknown as Uint8Array])
    .handleStream("copy", (parts) => parts);
  const [here, there] = memoryPair();
  await using _server = new Peer(there, {
    handlers,
    role: "acceptor",
    onEvent: (event) =>
      event.type === "handler-error" && errors.push(event.error),
  });
  await using client = new Peer(here);
  const text = client.stream("text");
  const answered = assertRejects(
    () => text.readable.getReader().read(),
    Error,
    "internal error",
  );
  await text.writable.close();
  await answered;
  assert(errors[0] instanceof TypeError);
  const { readable, writable } = client.stream("copy");
  const failed = assertRejects(() => readable.getReader().read(), TypeError);
  await assertRejects(
    () => writable.getWriter().write("text" as unknown as Uint8Array),
    TypeError,
    "got a string, wanted bytes",
  );
  await failed;
});
