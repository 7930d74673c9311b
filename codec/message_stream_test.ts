import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import fc from "fast-check";
import {
  anyConversation,
  anyCuts,
  checkAsync,
  cut,
  wireOf,
} from "./testing/arbitrary.ts";
import { bytesOf, textOf } from "./testing/oracle.ts";
import { describe } from "./describe.ts";
import { LimitError } from "./limit_error.ts";
import type { Message } from "./message.ts";
import {
  MessageDecoderStream,
  MessageEncoderStream,
} from "./message_stream.ts";
import { isProtocolError, ProtocolError } from "./protocol_error.ts";

const PING: Message = {
  kind: "Notification",
  name: "ping",
  payload: bytesOf(""),
};
const PING_WIRE = "n004ping00000000";

/** The messages of chunks, and the error behind them. */
async function decode(
  chunks: Iterable<string>,
  options = {},
): Promise<{ lines: string[]; error?: ProtocolError }> {
  const lines: string[] = [];
  const messages = ReadableStream.from(Array.from(chunks, bytesOf))
    .pipeThrough(new MessageDecoderStream(options));
  try {
    for await (const message of messages) lines.push(describe(message));
    return { lines };
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return { lines, error };
  }
}

Deno.test("property: messages pass both streams unchanged, however the bytes are cut (wire/chunking)", async () => {
  await checkAsync(
    fc.asyncProperty(
      anyConversation,
      anyCuts,
      fc.boolean(),
      async ({ version, messages }, cuts, handshake) => {
        const options = { version, handshake };
        const units = await Array.fromAsync(
          ReadableStream.from(messages)
            .pipeThrough(new MessageEncoderStream(options)),
        );
        const bytes = new Uint8Array(units.flatMap((unit) => [...unit]));
        assertEquals(
          textOf(bytes),
          (handshake ? version : "") + textOf(wireOf({ version, messages })),
        );
        const decoded = ReadableStream.from(cut(bytes, cuts))
          .pipeThrough(new MessageDecoderStream(options));
        assertEquals(await Array.fromAsync(decoded), [...messages]);
      },
    ),
  );
});

Deno.test("a decoder stream reads both directions of a conversation", async () => {
  const initiator = [
    "01",
    "h000065bb87c0",
    "r0001006lookup00000006Kiruna",
    "s0002003sum0000000312+",
    "p0002000000023+",
    "R\0\0\0\x0000000000",
    "p00020000000230",
    "p000200000000",
    "f00000000",
  ];
  const acceptor = [
    "0",
    "1h001065bb87c0r\0\0\0\x00004ping00000000",
    "R0001000000",
    "0667.855n003log0000000512+3+",
    "E00030000000bno such rowS00020000000245",
    "S000200000000e0004000003e800000004busy",
  ];
  assertEquals(await decode(initiator), {
    lines: [
      "Heartbeat load 0 time 2024-02-01T12:00:00Z",
      'SingleRequest 0001 "lookup" 6 bytes "Kiruna"',
      'StreamRequest 0002 "sum" 3 bytes "12+"',
      'StreamRequestPart 0002 2 bytes "3+"',
      "SingleResult \\x00\\x00\\x00\\x00 0 bytes",
      'StreamRequestPart 0002 2 bytes "30"',
      "StreamRequestPart 0002 0 bytes",
      "ProtocolError code 0 (abnormal)",
    ],
  });
  assertEquals(await decode(acceptor), {
    lines: [
      "Heartbeat load 16 time 2024-02-01T12:00:00Z",
      'SingleRequest \\x00\\x00\\x00\\x00 "ping" 0 bytes',
      'SingleResult 0001 6 bytes "67.855"',
      'Notification "log" 5 bytes "12+3+"',
      'ErrorResult 0003 11 bytes "no such row"',
      'StreamResult 0002 2 bytes "45"',
      "StreamResult 0002 0 bytes",
      'RetryResult 0004 wait 1000 ms 4 bytes "busy"',
    ],
  });
});

Deno.test("an encoder stream writes write units, and payloads as they are", async () => {
  const payload = bytesOf("hi");
  const units = await Array.fromAsync(
    ReadableStream.from<Message>([
      { kind: "Notification", name: "", payload },
      PING,
    ])
      .pipeThrough(new MessageEncoderStream()),
  );
  assertEquals(units.map(textOf), ["01", "n00000000002", "hi", PING_WIRE]);
  assertStrictEquals(units[2], payload);
});

Deno.test("an encoder stream writes the version first, also without messages (handshake/version-first)", async () => {
  for (const [handshake, wire] of [[true, ["00"]], [false, []]] as const) {
    const units = await Array.fromAsync(
      ReadableStream.from<Message>([])
        .pipeThrough(new MessageEncoderStream({ version: "00", handshake })),
    );
    assertEquals(units.map(textOf), [...wire]);
  }
});

Deno.test("a decoder stream refuses another version, and bytes that are not a version, with code 1 (handshake/unsupported, handshake/not-hex)", async () => {
  for (
    const [wire, reason] of [
      ["00n001x00000000", "unsupported-version"],
      ["GET / HTTP/1.1", "not-a-version"],
      ["f00000001", "unsupported-version"],
    ] as const
  ) {
    for (const chunks of [[wire], [...wire]]) {
      const { lines, error } = await decode(chunks);
      assertEquals([error?.code, error?.reason, error?.offset], [1, reason, 0]);
      assertEquals(lines, []);
    }
  }
});

Deno.test("offsets of faults count the version, if there is one", async () => {
  for (const [handshake, version] of [[true, "01"], [false, ""]] as const) {
    const { lines, error } = await decode([`${version}${PING_WIRE}`, "x"], {
      handshake,
    });
    assertEquals(lines.length, 1);
    assertEquals(error?.offset, version.length + PING_WIRE.length);
  }
});

Deno.test("a decoder stream applies limits", async () => {
  const name = await decode(["01n002"], { maxNameBytes: 1 });
  const payload = await decode(["01n00000000003"], { maxPayloadBytes: 2 });
  for (const [{ error }, offset] of [[name, 3], [payload, 6]] as const) {
    assertEquals([error?.reason, error?.offset], ["over-limit", offset]);
  }
});

Deno.test("a decoder stream refuses a conversation that is cut, after its complete messages (close/inside)", async () => {
  for (
    const [chunks, offset, count] of [
      [[], 0, 0],
      [["0"], 1, 0],
      [["01", "n"], 3, 0],
      [[`01${PING_WIRE}n00`], 21, 1],
      [[`01${PING_WIRE}R000100000003ab`], 33, 1],
    ] as const
  ) {
    const { lines, error } = await decode(chunks);
    assertEquals(lines.length, count);
    assertEquals([error?.reason, error?.offset, error?.code], [
      "truncated",
      offset,
      2,
    ]);
  }
});

Deno.test("a decoder stream delivers messages before a fault, also to a late reader (error/delivered-before)", async () => {
  const stream = new MessageDecoderStream();
  const writer = stream.writable.getWriter();
  const closed = assertRejects(() => writer.closed, ProtocolError);
  const written = writer.write(bytesOf(`01${PING_WIRE.repeat(3)}x`));
  // Another conversation, from beginning to end, before this one is read.
  assertEquals((await decode([`01${PING_WIRE.repeat(9)}`])).lines.length, 9);
  const reader = stream.readable.getReader();
  for (let count = 0; count < 3; count++) {
    assertEquals(await reader.read(), { done: false, value: PING });
  }
  const error = await assertRejects(() => reader.read(), ProtocolError);
  assertEquals((error as ProtocolError).offset, 50);
  assertStrictEquals(await closed, error);
  await written;
});

Deno.test("a decoder stream cancels its source with the fault", async () => {
  let cancelled: unknown;
  const source = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(bytesOf("01x")),
    cancel: (reason) => void (cancelled = reason),
  });
  const messages = source.pipeThrough(new MessageDecoderStream());
  const error = await assertRejects(() => Array.fromAsync(messages));
  assert(error instanceof ProtocolError);
  await messages.cancel().catch(() => {});
  assertStrictEquals(cancelled, error);
});

Deno.test("an encoder stream delivers the units before a message that cannot be written", async () => {
  const stream = new MessageEncoderStream({ handshake: false });
  const writer = stream.writable.getWriter();
  const closed = assertRejects(() => writer.closed, LimitError);
  const writes = [
    writer.write(PING),
    writer.write({ kind: "ProtocolError", code: -1 }),
  ];
  const reader = stream.readable.getReader();
  assertEquals(textOf((await reader.read()).value!), PING_WIRE);
  const error = await assertRejects(() => reader.read(), LimitError);
  assertStrictEquals(await closed, error);
  await Promise.allSettled(writes);
});

Deno.test("a decoder stream applies back-pressure at its high-water mark in bytes, until messages are read", async () => {
  const stream = new MessageDecoderStream({ highWaterMark: 100 });
  const writer = stream.writable.getWriter();
  assertEquals(writer.desiredSize, 100);
  const writes = [writer.write(bytesOf("01"))];
  assertEquals(writer.desiredSize, 98);
  for (let count = 0; count < 4; count++) {
    assertEquals(writer.desiredSize, 98 - 26 * count);
    writes.push(writer.write(bytesOf("n004ping0000000a0123456789")));
  }
  assert(writer.desiredSize! <= 0);
  const reader = stream.readable.getReader();
  await reader.read();
  await reader.read();
  await writer.ready;
  assert(writer.desiredSize! >= 26);
  const closed = writer.close();
  await reader.read();
  await reader.read();
  assertEquals((await reader.read()).done, true);
  await closed;
  await Promise.all(writes);
});

Deno.test("an encoder stream counts payloads, and a fixed size for each message", () => {
  const stream = new MessageEncoderStream({ highWaterMark: 10_000 });
  const writer = stream.writable.getWriter();
  writer.write({ ...PING, payload: new Uint8Array(1000) });
  const withPayload = 10_000 - writer.desiredSize!;
  assert(withPayload >= 1000 && withPayload < 1500);
  writer.write({ kind: "Heartbeat", load: 0, time: 0 });
  const without = 10_000 - writer.desiredSize! - withPayload;
  assert(without > 0 && without < 500);
});

Deno.test("streams apply back-pressure at 64 KiB by default", () => {
  for (
    const stream of [new MessageDecoderStream(), new MessageEncoderStream()]
  ) {
    assertEquals(stream.writable.getWriter().desiredSize, 65_536);
  }
});

Deno.test("a producer is never further ahead of its reader than the high-water mark", async () => {
  const highWaterMark = 4096;
  const chunk = bytesOf(`R000100000200${"x".repeat(512)}`);
  let produced = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(chunk);
      produced += chunk.byteLength;
    },
  }, { highWaterMark: 0 });
  const messages = source.pipeThrough(
    new MessageDecoderStream({ handshake: false, highWaterMark }),
  );
  let consumed = 0;
  for await (const message of messages) {
    assertEquals(message.kind, "SingleResult");
    consumed += chunk.byteLength;
    assert(produced - consumed <= highWaterMark + 2 * chunk.byteLength);
    if (consumed > 100 * chunk.byteLength) break;
  }
  assert(produced >= consumed);
});

Deno.test("cancelling reaches the writer at once, while no chunk arrives", async () => {
  for (
    const make of [
      () => new MessageDecoderStream(),
      () => new MessageEncoderStream(),
    ]
  ) {
    for (const reading of [false, true]) {
      const stream: TransformStream<never, unknown> = make();
      const writer = stream.writable.getWriter();
      const reader = stream.readable.getReader();
      if (stream instanceof MessageEncoderStream) await reader.read();
      const read = reading ? reader.read() : undefined;
      const reason = new Error("enough");
      const closed = assertRejects(() => writer.closed, Error, "enough");
      await reader.cancel(reason);
      assertStrictEquals(await closed, reason);
      assertEquals(await read, read && { done: true, value: undefined });
    }
  }
});

Deno.test("cancelling in the middle of a chunk reaches the source", async () => {
  const cancelled = Promise.withResolvers<unknown>();
  const source = new ReadableStream<Uint8Array>({
    start: (controller) =>
      controller.enqueue(bytesOf(`01${PING_WIRE}${PING_WIRE}`)),
    cancel: cancelled.resolve,
  });
  for await (const _ of source.pipeThrough(new MessageDecoderStream())) break;
  assertEquals(await cancelled.promise, undefined);
});

Deno.test("aborting reaches the reader", async () => {
  for (
    const stream of [new MessageDecoderStream(), new MessageEncoderStream()]
  ) {
    const reason = new Error("gone");
    const reader = (stream.readable as ReadableStream).getReader();
    if (stream instanceof MessageEncoderStream) await reader.read();
    const read = assertRejects(() => reader.read(), Error, "gone");
    await stream.writable.abort(reason);
    assertStrictEquals(await read, reason);
  }
});

Deno.test("the failure of a source fails the messages after it", async () => {
  const reason = new Error("reset");
  let pulls = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (pulls++ > 0) throw reason;
      controller.enqueue(bytesOf(`01${PING_WIRE}`));
    },
  }, { highWaterMark: 0 });
  const reader = source.pipeThrough(new MessageDecoderStream()).getReader();
  const error = await assertRejects(async () => {
    while (!(await reader.read()).done);
  });
  assertStrictEquals(error, reason);
});
