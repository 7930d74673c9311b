import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  decodeCredit,
  encodeCredit,
  isLimitError,
  requestId,
} from "../codec/mod.ts";
import { memoryPair } from "../transport/memory.ts";
import { Handlers } from "./handlers.ts";
import { Peer } from "./peer.ts";
import { toText } from "./testing/scripted_channel.ts";
import type { PeerOptions } from "./peer_options.ts";
import {
  ScriptedPeer,
  type ScriptedPeerOptions,
  watch,
} from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";

const KIB = 1024;

/** A limit that is not reached before the first credit arrives. */
const LEAST_FOR_BOTH = 512 * KIB;

/** The first size of a window. */
const WINDOW = 256 * KIB;
const SMALL_WINDOW = { limits: { maxUnreadBytesPerStream: WINDOW } };

/** Handlers of which `source` never ends. */
function endless(): Handlers {
  return new Handlers().handleStream("source", async function* () {
    for (;;) {
      yield new Uint8Array(KIB);
      await Promise.resolve();
    }
  });
}

function credit(direction: "p" | "S", id: string, offset: number): string {
  const payload = encodeCredit({ direction, id: requestId(id), offset });
  return `n00dgotalk:credit00000015${toText(payload)}`;
}

/** A message with a payload of a size. */
function sized(head: string, size: number): string {
  return head + size.toString(16).padStart(8, "0") + "x".repeat(size);
}

/** Returns the offsets that a peer has granted since the last look, and the number of bytes of other messages' payloads. */
function look(script: ScriptedPeer): { offsets: number[]; bytes: number } {
  const offsets: number[] = [];
  let bytes = 0;
  for (const message of script.channel.takeMessages()) {
    if (message.kind === "Notification") {
      if (message.name !== "gotalk:credit") continue;
      offsets.push(decodeCredit(message.payload)!.offset);
    } else if ("payload" in message) bytes += message.payload.byteLength;
  }
  return { offsets, bytes };
}

/** A peer with a stream `sink` whose input the test reads. */
async function openSink(options: ScriptedPeerOptions = {}) {
  const { promise, resolve } = Promise.withResolvers<
    ReadableStreamDefaultReader<Uint8Array>
  >();
  const answer = Promise.withResolvers<void>();
  const handlers = new Handlers().handleStream("sink", async (parts) => {
    resolve(parts.getReader());
    await answer.promise;
  });
  const script = await ScriptedPeer.open({
    ...SMALL_WINDOW,
    handlers,
    ...options,
  });
  await script.say("s0001004sink00000000");
  return { script, reader: await promise, answer };
}

async function readBytes(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  bytes: number,
): Promise<void> {
  while (bytes > 0) bytes -= (await reader.read()).value!.byteLength;
  await settled();
}

Deno.test("a reader grants the first credit once it has received 64 KiB, and nothing for shorter streams (extension/credit, extension/credit-late)", async () => {
  const { script, reader } = await openSink();
  await using _ = script;
  await script.say(sized("p0001", 64 * KIB - 1));
  assertEquals(look(script).offsets, []);
  await readBytes(reader, 64 * KIB - 1);
  await script.say(sized("p0001", 1));
  // One byte is unread, of which the memory counts.
  const [offset] = look(script).offsets;
  assert(offset! > WINDOW + 63 * KIB && offset! < WINDOW + 64 * KIB);
  assertEquals(script.peer.stats.creditsOut, 1);
});

Deno.test("further credit follows each time that half of the window is free, and none while nothing is read (extension/credit-more, extension/credit-late)", async () => {
  const { script, reader } = await openSink();
  await using _ = script;
  const send = async (parts: number) => {
    for (; parts > 0; parts--) await script.say(sized("p0001", 16 * KIB));
  };
  await send(16);
  const { offsets } = look(script);
  assertEquals(offsets.length, 1);
  const { value } = await reader.read();
  assert(value!.byteLength < WINDOW / 2);
  await settled();
  assertEquals(look(script).offsets, []);
  await readBytes(reader, WINDOW - value!.byteLength);
  const later = [...offsets, ...look(script).offsets];
  assertEquals(later.length, 3);
  assert(later[1]! - later[0]! >= WINDOW / 2);
  assert(later[2]! - later[1]! >= WINDOW / 2);
});

Deno.test("a stream that is not read does not keep the connection from being read if its sender keeps to its credit (extension/credit)", async () => {
  const { script, reader } = await openSink();
  await using _ = script;
  let sent = 0;
  for (let granted = WINDOW; sent < granted; sent += 16 * KIB) {
    await script.say(sized("p0001", 16 * KIB));
    granted = Math.max(granted, ...look(script).offsets);
  }
  await script.say("r0002004none00000000");
  assertEquals(script.heard(), 'E000200000018unknown operation "none"');
  await readBytes(reader, sent);
  assertEquals(look(script).offsets.length, 2);
});

Deno.test("data beyond the credit is accepted, and holds the connection up as without credit (extension/credit-beyond)", async () => {
  const { script, reader } = await openSink();
  await using _ = script;
  for (let sent = 0; sent < 512; sent += 16) {
    script.channel.send(sized("p0001", 16 * KIB));
  }
  await script.say("r0002004none00000000");
  assert(!script.heard().includes("unknown operation"));
  await readBytes(reader, 512 * KIB);
  assert(script.heard().includes("unknown operation"));
});

Deno.test("a stream whose data the handler has cancelled is granted all that it drops (extension/credit-more)", async () => {
  const { script, reader } = await openSink();
  await using _ = script;
  await script.say(sized("p0001", 64 * KIB));
  await reader.cancel();
  let granted = 0;
  for (let sent = 64; sent < 1024; sent += 16) {
    await script.say(sized("p0001", 16 * KIB));
    granted = Math.max(granted, ...look(script).offsets);
    assert(granted > (sent + 16) * KIB);
  }
});

Deno.test("an ended direction is granted nothing (extension/credit-more)", async () => {
  const { script, reader } = await openSink();
  await using _ = script;
  for (let sent = 0; sent < 256; sent += 16) {
    await script.say(sized("p0001", 16 * KIB));
  }
  await script.say("p000100000000");
  look(script);
  await readBytes(reader, 256 * KIB);
  assertEquals(look(script).offsets, []);
});

Deno.test("without extensions, no credit is granted, and none is followed", async () => {
  const { script, reader } = await openSink({ extensions: false });
  await using _ = script;
  await script.say(sized("p0001", 128 * KIB));
  await readBytes(reader, 128 * KIB);
  assertEquals(script.heard(), "");
  const { writable } = script.peer.stream("sink");
  const writer = writable.getWriter();
  await writer.write(new Uint8Array(10));
  await script.say(credit("p", "0000", 10));
  await writer.write(new Uint8Array(10));
  assertEquals(look(script).bytes, 20);
});

Deno.test("streams without a limit of unread data are granted nothing", async () => {
  const { script, reader } = await openSink({
    limits: { maxUnreadBytesPerStream: Infinity },
  });
  await using _ = script;
  await script.say(sized("p0001", 128 * KIB));
  await readBytes(reader, 128 * KIB);
  assertEquals(look(script).offsets, []);
});

Deno.test("a call begins a part only while credit is left, and completes it (extension/credit-held, extension/credit-before, extension/credit-rises)", async () => {
  await using script = await ScriptedPeer.open();
  const { writable } = script.peer.stream("sink");
  const writer = writable.getWriter();
  const write = (bytes: number) =>
    watch(writer.write(new Uint8Array(bytes * KIB)));
  write(100);
  await settled();
  assertEquals(look(script).bytes, 100 * KIB);
  await script.say(credit("p", "0000", 101 * KIB));
  const part = write(16);
  const held = write(16);
  await settled();
  assertEquals([part.state, held.state], ["resolved", "pending"]);
  assertEquals(look(script).bytes, 116 * KIB - 100 * KIB);
  // Neither an equal nor a lower offset, nor one up to which all is sent.
  for (const offset of [101, 0, 110, 116]) {
    await script.say(credit("p", "0000", offset * KIB));
  }
  assertEquals(look(script).bytes, 0);
  await script.say(credit("p", "0000", 116 * KIB + 1));
  assertEquals(held.state, "resolved");
  assertEquals(look(script).bytes, 16 * KIB);
  assertEquals(script.peer.stats.creditsIn, 4);
});

Deno.test("a first credit below what is sent holds the sender at once (extension/credit-held)", async () => {
  await using script = await ScriptedPeer.open();
  const { writable } = script.peer.stream("sink");
  const writer = writable.getWriter();
  await writer.write(new Uint8Array(100));
  await script.say(credit("p", "0000", 0));
  const held = watch(writer.write(new Uint8Array(1)));
  await settled();
  assertEquals(held.state, "pending");
  await script.say(credit("p", "0000", 101));
  assertEquals(held.state, "resolved");
});

Deno.test("an end needs no credit, nor do other messages (extension/credit-free)", async () => {
  await using script = await ScriptedPeer.open();
  const { writable } = script.peer.stream("sink");
  const writer = writable.getWriter();
  await writer.write(new Uint8Array(1));
  await script.say(credit("p", "0000", 0));
  script.heard();
  watch(script.peer.request("other"));
  await settled();
  assert(script.heard().startsWith("r0001"));
  await writer.close();
  await settled();
  assertEquals(script.heard(), "p000000000000");
});

Deno.test("a call that waits for credit ends with its signal, its answer, and when its writer aborts", async () => {
  for (const how of ["signal", "answer", "abort", "close"]) {
    await using script = await ScriptedPeer.open();
    const controller = new AbortController();
    const { readable, writable } = script.peer.stream("sink", {
      signal: controller.signal,
    });
    const answer = watch(new Response(readable).text());
    const writer = writable.getWriter();
    await writer.write(new Uint8Array(1));
    await script.say(credit("p", "0000", 0));
    const held = watch(writer.write(new Uint8Array(1)));
    watch(writer.closed);
    await settled();
    if (how === "signal") controller.abort(new Error("enough"));
    else if (how === "answer") await script.say("E000000000002no");
    else if (how === "abort") watch(writer.abort(new Error("enough")));
    else script.channel.reset();
    await settled();
    assertEquals(script.peer.stats.pending, 0, how);
    assertEquals(answer.state, "rejected", how);
    assert(held.state !== "pending", how);
  }
});

Deno.test("an answer begins a part only while credit is left (extension/credit-held)", async () => {
  const ended: string[] = [];
  const handlers = new Handlers().handleStream("source", async function* () {
    try {
      for (let part = 0; part < 3; part++) {
        yield new Uint8Array(16 * KIB);
        await Promise.resolve();
      }
    } finally {
      ended.push("source");
    }
  });
  await using script = await ScriptedPeer.open({ handlers });
  await script.say(`s0001006source00000000${credit("S", "0001", 16 * KIB)}`);
  assertEquals(look(script).bytes, 16 * KIB);
  await script.say(credit("S", "0001", 16 * KIB + 1));
  assertEquals(look(script).bytes, 16 * KIB);
  assertEquals(ended, []);
  await script.say(credit("S", "0001", Number.MAX_SAFE_INTEGER));
  assertEquals(look(script).bytes, 16 * KIB);
  assertEquals(ended, ["source"]);
});

Deno.test("streamIdleTimeout: an answer that gets no credit ends with an ErrorResult, also after the end of the data (limits/idle-stream)", async () => {
  for (const end of ["", "p000100000000"]) {
    await using script = await ScriptedPeer.open({
      handlers: endless(),
      limits: { streamIdleTimeout: 1000 },
    });
    await script.say(`s0001006source00000000${credit("S", "0001", 1)}${end}`);
    await script.clock.advance(900);
    await script.say(credit("S", "0001", 2 * KIB));
    await script.clock.advance(900);
    assert(!script.heard().includes("E0001"));
    await script.clock.advance(200);
    assertEquals(script.heard(), "E000100000013stream idle timeout");
    assertEquals(script.peer.stats.running, 0);
  }
});

Deno.test("streamIdleTimeout: a stream that the local peer grants nothing is not idle (limits/idle-stream)", async () => {
  const { script, reader } = await openSink({
    limits: { streamIdleTimeout: 1000, maxUnreadBytesPerStream: 64 * KIB },
  });
  await using _ = script;
  for (let sent = 0; sent < 80; sent += 16) {
    await script.say(sized("p0001", 16 * KIB));
  }
  await script.clock.advance(5000);
  assertEquals(look(script).bytes, 0);
  await readBytes(reader, 80 * KIB);
  await script.clock.advance(2100);
  assert(script.heard().includes("stream idle timeout"));
});

Deno.test("handlerTimeout: a handler whose answer waits for credit is not to blame", async () => {
  await using script = await ScriptedPeer.open({
    handlers: endless(),
    limits: { handlerTimeout: 1000 },
  });
  await script.say(
    `s0001006source00000000p000100000000${credit("S", "0001", 1)}`,
  );
  await script.clock.advance(10_000);
  assert(!script.heard().includes("E0001"));
});

Deno.test("a requestor grants credit for an answer, and all of it once it wants no more (extension/credit, extension/credit-more)", async () => {
  for (const wants of [true, false]) {
    await using script = await ScriptedPeer.open(SMALL_WINDOW);
    const { readable, writable } = script.peer.stream("source");
    const reader = readable.getReader();
    const first = watch(reader.read());
    await writable.close();
    script.heard();
    for (let sent = 0; sent < 256; sent += 16) {
      await script.say(sized("S0000", 16 * KIB));
    }
    assertEquals(first.state, "resolved");
    const [offset] = look(script).offsets;
    assert(offset! > WINDOW - 32 * KIB && offset! < WINDOW + 64 * KIB);
    if (wants) {
      await readBytes(reader, 240 * KIB);
      const [next] = look(script).offsets;
      assert(next! >= offset! + WINDOW / 2);
    } else {
      await reader.cancel();
      assert(
        look(script).offsets.includes(Number.MAX_SAFE_INTEGER),
      );
    }
    await script.say("S000000000000");
  }
});

Deno.test("credits that are malformed or change nothing are dropped and count as unproductive (extension/credit-malformed, extension/credit-unknown, extension/rate)", async () => {
  const credits = [
    "n00dgotalk:credit00000000",
    "n00dgotalk:credit00000014p0000000000000000001",
    "n00dgotalk:credit00000016p000000000000000000100",
    "n00dgotalk:credit00000015q00000000000000000001",
    "n00dgotalk:credit00000015p000000000000000000g1",
    credit("p", "none", 1),
    credit("S", "0000", 1),
    credit("p", "0001", 1),
  ];
  for (const [index, bytes] of credits.entries()) {
    await using script = await ScriptedPeer.open({
      limits: { maxUnproductiveBurst: 3, maxUnproductivePerSecond: 0 },
    });
    const { writable } = script.peer.stream("sink");
    const writer = writable.getWriter();
    await writer.write(new Uint8Array(1));
    watch(script.peer.request("single"));
    await settled();
    for (let times = 0; times < 3; times++) await script.say(bytes);
    await writer.write(new Uint8Array(1));
    const malformed = script.events.filter((event) =>
      event.type === "drop" && event.reason === "malformed"
    );
    assertEquals(malformed.length, index < 5 ? 3 : 0);
    assertEquals(script.peer.stats.creditsIn, 0);
    assertEquals(script.states.at(-1), "open");
    watch(writer.closed);
    await script.say(bytes);
    assertEquals(script.states.at(-1), "closed");
  }
});

Deno.test("offsets above the largest safe integer count as that (extension/credit)", async () => {
  await using script = await ScriptedPeer.open();
  const { writable } = script.peer.stream("sink");
  const writer = writable.getWriter();
  await writer.write(new Uint8Array(1));
  await script.say("n00dgotalk:credit00000015p0000FFffffffffffffff");
  await writer.write(new Uint8Array(1));
  await script.say("n00dgotalk:credit00000015p00000020000000000000");
  assertEquals(script.peer.stats.creditsIn, 1);
});

Deno.test("two peers whose streams wait for credit in both directions complete them, whatever their windows, parts and order", async () => {
  const sizes = fc.record({
    window: fc.oneof(
      fc.integer({ min: 0, max: 100 * KIB }),
      fc.integer({ min: LEAST_FOR_BOTH, max: 2 * LEAST_FOR_BOTH }),
    ),
    part: fc.integer({ min: 4 * KIB, max: 40 * KIB }),
  });
  const stream = fc.record({
    bytes: fc.nat(600 * KIB),
    chunk: fc.integer({ min: 20 * KIB, max: 200 * KIB }),
    pauseEvery: fc.integer({ min: 2, max: 40 }),
    stops: fc.constantFrom("never", "never", "cancel", "signal", "abort"),
    after: fc.nat(20),
  });
  const streams = fc.array(stream, { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(sizes, sizes, streams, async (left, right, plans) => {
      const [a, b] = memoryPair();
      // Before the first credit, two peers may wait for each other to read.
      const isBoth = Math.min(left.window, right.window) >= LEAST_FOR_BOTH;
      const options = (
        { window, part }: typeof left,
      ): PeerOptions => ({
        limits: {
          maxUnreadBytesPerStream: window,
          maxPartBytes: part,
          heartbeatInterval: Infinity,
        },
        handlers: new Handlers().handleStream("echo", (parts) => parts),
      });
      await using one = new Peer(a, options(left));
      await using other = new Peer(b, { ...options(right), role: "acceptor" });
      await Promise.all([one.opened, other.opened]);
      await Promise.all(plans.map(async (plan, index) => {
        const controller = new AbortController();
        const { readable, writable } = (isBoth && index % 2 === 1 ? other : one)
          .stream("echo", { signal: controller.signal });
        const sent = (async () => {
          const writer = writable.getWriter();
          watch(writer.closed);
          for (let at = 0, n = 0; at < plan.bytes; at += plan.chunk, n++) {
            if (plan.stops === "abort" && n === plan.after) {
              return await writer.abort(new Error("enough"));
            }
            await writer.write(
              new Uint8Array(Math.min(plan.chunk, plan.bytes - at)),
            );
          }
          await writer.close();
        })();
        watch(sent);
        let received = 0, chunks = 0;
        const reading = (async () => {
          for await (const chunk of readable) {
            received += chunk.byteLength;
            if (++chunks % plan.pauseEvery === 0) await settled();
            if (chunks <= plan.after) continue;
            if (plan.stops === "cancel") break;
            if (plan.stops === "signal") controller.abort();
          }
        })();
        if (plan.stops === "never") {
          await Promise.all([reading, sent]);
          assertEquals(received, plan.bytes);
        } else await Promise.allSettled([reading, sent]);
      }));
    }),
    { numRuns: 40 },
  );
});

Deno.test("a stream that is not read does not hold the connection up, however small its limit, if its sender keeps to its credit (extension/credit-late)", async () => {
  for (const limit of [0, 1, 8, 16, 24, 32, 48, 64, 72, 80, 96, 128]) {
    for (const part of [1, 9, 16]) {
      const { script } = await openSink({
        limits: { maxUnreadBytesPerStream: limit * KIB },
      });
      await using _ = script;
      let granted = Infinity;
      for (let sent = 0; sent < Math.min(granted, 512 * KIB);) {
        await script.say(sized("p0001", part * KIB));
        sent += part * KIB;
        const { offsets } = look(script);
        if (offsets.length > 0) granted = Math.max(...offsets);
      }
      assert(granted <= 256 * KIB, `${limit} KiB, parts of ${part} KiB`);
      await script.say("r0002004none00000000");
      assert(
        script.heard().includes("unknown operation"),
        `${limit} KiB, parts of ${part} KiB`,
      );
    }
  }
});

Deno.test("where nothing holds it back, a sender lets the first credit arrive of a remote peer that uses extensions", async () => {
  for (const how of ["credit", "nothing", "abort"]) {
    await using script = await ScriptedPeer.open({
      wholeUnits: true,
      role: "acceptor",
      mergeUnits: () => {},
    });
    await script.say("n00cgotalk:bytes00000000");
    look(script);
    const { writable } = script.peer.stream("sink");
    const writer = writable.getWriter();
    const writing = watch(writer.write(new Uint8Array(1024 * KIB)));
    watch(writer.closed);
    await script.clock.advance(500);
    assertEquals(look(script).bytes, 256 * KIB);
    if (how === "credit") await script.say(credit("p", "0000", 1024 * KIB));
    else if (how === "abort") watch(writer.abort(new Error("enough")));
    else await script.clock.advance(500);
    await settled();
    await script.clock.advance(1);
    const rest = how === "abort" ? 0 : 768 * KIB;
    const [isDone, { bytes }] = [writing.state !== "pending", look(script)];
    assert(isDone && (how === "abort" || bytes === rest), `${how} ${bytes}`);
  }
});

Deno.test("where nothing holds it back, a handler lets a first credit arrive that is on its way, also of a remote peer of which nothing is known", async () => {
  for (const isKnown of [true, false]) {
    await using script = await ScriptedPeer.open({
      wholeUnits: true,
      role: "acceptor",
      mergeUnits: () => {},
      handlers: new Handlers().handleStream("source", () =>
        [
          Promise.resolve(new Uint8Array(512 * KIB)),
          new Uint8Array(512 * KIB),
        ] as unknown as Uint8Array[]),
    });
    if (isKnown) await script.say("n00cgotalk:bytes00000000");
    look(script);
    await script.say("s0001006source00000000p000100000000");
    const expected = isKnown ? 256 * KIB : 1024 * KIB;
    // Without a clock, it waits for other connections only.
    for (let bytes = 0; bytes < expected;) {
      bytes += look(script).bytes;
      await settled();
    }
    if (isKnown) {
      await script.say(credit("S", "0001", 1024 * KIB));
      assertEquals(look(script).bytes, 768 * KIB);
    }
    assertEquals(script.peer.stats.running, 0);
  }
});

Deno.test("of too much unread data, the answer with the most ends alone, also after a stream that was refused (extension/credit-exceeded)", async () => {
  await using script = await ScriptedPeer.open({
    wholeUnits: true,
    extensions: false,
    limits: { maxUnreadBytesPerStream: 64 * KIB, maxUnreadBytes: 256 * KIB },
  });
  await script.say("s0001004none00000000p000100000000");
  const answers = ["little", "much", "some"].map((operation) => {
    const { readable } = script.peer.stream(operation);
    const reader = readable.getReader();
    return { reader, first: watch(reader.read()) };
  });
  await script.opened();
  script.heard();
  await script.say(sized("S0000", 8 * KIB) + sized("S0002", 8 * KIB));
  for (let sent = 0; sent < 384; sent += 16) {
    await script.say(sized("S0001", 16 * KIB));
  }
  const states: string[] = [];
  for (const { reader, first } of answers) {
    const next = watch(reader.read());
    await settled();
    states.push(
      next.state === "rejected"
        ? next.rejection(isLimitError).code
        : `${first.state}, ${next.state}`,
    );
  }
  assertEquals(states, [
    "resolved, pending",
    "maxUnreadBytesPerStream",
    "resolved, pending",
  ]);
});

Deno.test("large parts of a stream that had too much unread data are under way for long, small ones are not (extension/credit-exceeded, stream/late-parts)", async () => {
  const { script } = await openSink({
    limits: {
      maxUnreadBytesPerStream: 64 * KIB,
      maxUnreadBytes: 128 * KIB,
      maxPayloadBytes: 32 * KIB,
      maxUnproductiveBurst: 5,
      maxUnproductivePerSecond: 0,
    },
    extensions: false,
    wholeUnits: true,
  });
  await using _ = script;
  for (let part = 0; part < 5; part++) {
    await script.say(sized("p0001", 32 * KIB));
  }
  assert(script.heard().includes("E000100000014too much unread data"));
  for (let part = 0; part < 50; part++) {
    await script.say(sized("p0001", 32 * KIB));
  }
  assertEquals(script.peer.state, "open");
  for (let part = 0; part < 10; part++) await script.say(sized("p0001", 1));
  assertEquals(script.peer.state === "open", false);
});
