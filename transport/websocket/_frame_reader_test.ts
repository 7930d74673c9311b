import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import fc from "fast-check";
import {
  closePayload,
  MAX_FRAME_HEADER,
  OPCODE,
  writeFrame,
  writeFrameHeader,
} from "./_frame.ts";
import { type DataEvent, FrameError, type FrameEvent } from "./_frame_event.ts";
import { FrameReader, type FrameReaderOptions } from "./_frame_reader.ts";

const KEY = 0x8142c3e7;

/** A client's frame with any first byte. */
function frame(first: number, payload: string | Uint8Array = ""): Uint8Array {
  return anyFrame(first, payload, KEY);
}

/** A server's frame with any first byte. */
function serverFrame(
  first: number,
  payload: string | Uint8Array = "",
): Uint8Array {
  return anyFrame(first, payload, undefined);
}

function anyFrame(
  first: number,
  payload: string | Uint8Array,
  key: number | undefined,
): Uint8Array {
  const bytes = typeof payload === "string"
    ? new TextEncoder().encode(payload)
    : payload;
  const buffer = new Uint8Array(MAX_FRAME_HEADER + bytes.length);
  const end = writeFrame(buffer, 0, OPCODE.binary, bytes, key);
  buffer[0] = first;
  return buffer.slice(0, end);
}

const TEXT = 0x81, BINARY = 0x82, CLOSE = 0x88, PING = 0x89, PONG = 0x8a;
const TEXT_BEGIN = 0x01, BINARY_BEGIN = 0x02, MORE = 0x00, LAST = 0x80;

/** The events of a reader: messages, control events, and the final error. */
interface ReadOutcome {
  events: unknown[];
  error?: { closeCode: number; message: string };
}

/** Reads chunks with a reader and puts the pieces of messages together. */
function outcome(
  chunks: readonly Uint8Array[],
  role: "client" | "server" = "server",
  options: FrameReaderOptions = {},
): ReadOutcome {
  const reader = new FrameReader(role, options);
  const events: unknown[] = [];
  let message: Uint8Array[] = [];
  const take = (event: FrameEvent) => {
    if (event.kind !== "data") {
      events.push(
        event.kind === "close" ? event : { [event.kind]: [...event.bytes] },
      );
      return;
    }
    message.push(event.bytes.slice());
    if (!event.end) return;
    const bytes = concat(message);
    events.push(
      event.text ? { text: new TextDecoder().decode(bytes) } : { bytes },
    );
    message = [];
  };
  try {
    for (const chunk of chunks) {
      reader.push(chunk.slice());
      for (let event; (event = reader.read()) !== undefined;) take(event);
    }
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    const { closeCode, message } = error;
    return { events, error: { closeCode, message } };
  }
  const unfinished = concat(message);
  if (unfinished.length > 0) events.push({ unfinished });
  return { events };
}

/** The chunks of a connection, cut at the given places. */
function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const ends = [...at].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, i) =>
    bytes.subarray(ends[i - 1] ?? 0, end)
  );
}

/** The event, which must be data. */
function data(event: FrameEvent | undefined): DataEvent {
  if (event?.kind !== "data") throw new Error(`${event?.kind}, wanted data`);
  return event;
}

/** Asserts an error, in one chunk and byte by byte. */
function assertFrameError(
  frames: Uint8Array[],
  closeCode: number,
  message: string,
  role: "client" | "server" = "server",
  options: FrameReaderOptions = {},
): void {
  const bytes = concat(frames);
  for (const chunks of [[bytes], cut(bytes, [...bytes.keys()])]) {
    const { error } = outcome(chunks, role, options);
    assertEquals(error?.closeCode, closeCode, error?.message);
    assertStringIncludes(error?.message ?? "", message);
  }
}

Deno.test("FrameReader reads the examples of RFC 6455 section 5.7", () => {
  const unmasked = [
    ...[0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f],
    ...[0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f],
    ...[0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f],
  ];
  assertEquals(outcome([Uint8Array.from(unmasked)], "client").events, [
    { text: "Hello" },
    { text: "Hello" },
    { ping: [0x48, 0x65, 0x6c, 0x6c, 0x6f] },
  ]);
  const masked = [
    ...[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58],
    ...[0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58],
  ];
  assertEquals(outcome([Uint8Array.from(masked)]).events, [
    { text: "Hello" },
    { pong: [0x48, 0x65, 0x6c, 0x6c, 0x6f] },
  ]);
});

Deno.test("FrameReader returns data as views of the chunk", () => {
  const reader = new FrameReader("server");
  const bytes = frame(BINARY, "abcdef");
  const first = bytes.slice(0, 9), second = bytes.slice(9);
  reader.push(first);
  assertEquals(reader.read(), {
    kind: "data",
    bytes: new TextEncoder().encode("abc"),
    text: false,
    end: false,
  });
  assertEquals(reader.read(), undefined);
  reader.push(second);
  const event = data(reader.read());
  assertEquals(event.bytes, new TextEncoder().encode("def"));
  assertEquals(event.end, true);
  assertEquals(event.bytes.buffer, second.buffer);
  assertEquals(reader.read(), undefined);
});

Deno.test("FrameReader does not change a chunk without masks", () => {
  const chunk = serverFrame(TEXT, "as it was");
  const before = chunk.slice();
  assertEquals(outcome([chunk], "client").events, [{ text: "as it was" }]);
  assertEquals(chunk, before);
});

Deno.test("FrameReader accepts each form of length at its bounds", () => {
  for (const length of [0, 1, 125, 126, 127, 65535, 65536, 100_000]) {
    const bytes = new Uint8Array(length).fill(0x5a);
    assertEquals(outcome([frame(BINARY, bytes)]), { events: [{ bytes }] });
    assertEquals(
      outcome([serverFrame(BINARY, bytes)], "client"),
      { events: [{ bytes }] },
    );
  }
});

Deno.test("FrameReader reserves no memory for an announced length", () => {
  const reader = new FrameReader("client");
  const header = new Uint8Array(10);
  writeFrameHeader(header, 0, OPCODE.binary, true, 2 ** 40, undefined);
  reader.push(header);
  assertEquals(reader.read(), undefined);
  for (let i = 0; i < 3; i++) {
    const chunk = new Uint8Array(1000);
    reader.push(chunk);
    const event = data(reader.read());
    assertEquals(event.bytes.buffer, chunk.buffer);
    assertEquals([event.bytes.length, event.end], [1000, false]);
    assertEquals(reader.read(), undefined);
  }
});

Deno.test("FrameReader returns control frames inside a message (websocket/ping)", () => {
  const frames = [
    frame(TEXT_BEGIN, "caf\u00e9".slice(0, 2)),
    frame(PING, "?"),
    frame(MORE, Uint8Array.of(0x66, 0xc3)), // ends inside a character
    frame(PONG),
    frame(MORE), // no event
    frame(LAST, Uint8Array.of(0xa9)),
    frame(BINARY),
  ];
  assertEquals(outcome(frames).events, [
    { ping: [0x3f] },
    { pong: [] },
    { text: "caf\u00e9" },
    { bytes: new Uint8Array() },
  ]);
});

Deno.test("FrameReader returns an empty piece only at the end of a message", () => {
  const reader = new FrameReader("server");
  reader.push(concat([frame(TEXT_BEGIN), frame(MORE), frame(LAST)]));
  assertEquals(reader.read(), {
    kind: "data",
    bytes: new Uint8Array(),
    text: true,
    end: true,
  });
  assertEquals(reader.read(), undefined);
});

Deno.test("FrameReader returns copies of the payloads of pings", () => {
  const reader = new FrameReader("server");
  reader.push(concat([frame(PING, "one"), frame(PING, "two")]));
  const first = reader.read();
  assertEquals(reader.read()?.kind, "ping");
  assertEquals(first, {
    kind: "ping",
    bytes: new TextEncoder().encode("one"),
  });
});

Deno.test("FrameReader delivers nothing after a close frame", () => {
  const reader = new FrameReader("server");
  reader.push(concat([
    frame(TEXT_BEGIN, "half"),
    frame(CLOSE, closePayload(4002, "né")),
    frame(0xff, "all wrong"),
  ]));
  assertEquals(reader.read()?.kind, "data");
  assertEquals(reader.closed, false);
  assertEquals(reader.read(), { kind: "close", code: 4002, reason: "né" });
  assertEquals(reader.closed, true);
  assertEquals(reader.read(), undefined);
  reader.push(frame(TEXT, "more"));
  reader.push(frame(TEXT, "and more"));
  assertEquals(reader.read(), undefined);
});

Deno.test("FrameReader reads a close frame without a code as 1005", () => {
  assertEquals(outcome([frame(CLOSE)]).events, [
    { kind: "close", code: 1005, reason: "" },
  ]);
});

Deno.test("FrameReader keeps a byte order mark in a reason", () => {
  assertEquals(outcome([frame(CLOSE, closePayload(1000, "\ufeffx"))]).events, [
    { kind: "close", code: 1000, reason: "\ufeffx" },
  ]);
});

Deno.test("FrameReader rejects reserved bits (websocket/extensions)", () => {
  for (const bit of [0x40, 0x20, 0x10]) {
    assertFrameError([frame(TEXT | bit)], 1002, "reserved bits");
  }
});

Deno.test("FrameReader rejects unknown opcodes", () => {
  for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
    assertFrameError([frame(0x80 | opcode)], 1002, `unknown opcode ${opcode},`);
  }
});

Deno.test("FrameReader rejects a missing or unexpected mask", () => {
  assertFrameError([serverFrame(TEXT, "x")], 1002, "unmasked frame");
  assertFrameError([frame(TEXT, "x")], 1002, "masked frame", "client");
});

Deno.test("FrameReader rejects control frames that are fragmented or too long", () => {
  for (const opcode of [8, 9, 10]) {
    assertFrameError(
      [frame(opcode, "xx")],
      1002,
      "fragment of a control frame",
    );
    const long = new Uint8Array(126);
    assertFrameError([frame(0x80 | opcode, long)], 1002, "over 125 bytes");
  }
  assertEquals(outcome([frame(PING, new Uint8Array(125))]).events.length, 1);
});

Deno.test("FrameReader rejects fragments out of order", () => {
  assertFrameError([frame(LAST)], 1002, "continuation of nothing");
  assertFrameError([frame(TEXT), frame(MORE)], 1002, "continuation of nothing");
  for (const first of [TEXT, BINARY, TEXT_BEGIN, BINARY_BEGIN]) {
    assertFrameError([frame(TEXT_BEGIN), frame(first)], 1002, "inside another");
    assertFrameError(
      [frame(BINARY_BEGIN), frame(first)],
      1002,
      "inside another",
    );
  }
});

Deno.test("FrameReader rejects lengths that are not in the shortest form", () => {
  assertFrameError(
    [Uint8Array.of(BINARY, 126, 0, 125)],
    1002,
    "length 125 in 16 bits",
    "client",
  );
  assertFrameError(
    [Uint8Array.of(BINARY, 127, 0, 0, 0, 0, 0, 0, 255, 255)],
    1002,
    "length 65535 in 64 bits",
    "client",
  );
});

Deno.test("FrameReader rejects lengths beyond 63 bits, or beyond exact integers", () => {
  assertFrameError(
    [Uint8Array.of(BINARY, 127, 0x80, 0, 0, 0, 0, 0, 0, 0)],
    1002,
    "2^63",
    "client",
  );
  assertFrameError(
    [Uint8Array.of(BINARY, 127, 0, 0x20, 0, 0, 0, 0, 0, 0)],
    1009,
    "frame of 9007199254740992 bytes",
    "client",
  );
});

Deno.test("FrameReader rejects invalid close payloads", () => {
  assertFrameError([frame(CLOSE, "x")], 1002, "close payload of 1 byte");
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535]) {
    assertFrameError(
      [frame(CLOSE, Uint8Array.of(code >> 8, code))],
      1002,
      `close code ${code},`,
    );
  }
  assertFrameError(
    [frame(CLOSE, Uint8Array.of(0x03, 0xe8, 0xc3))],
    1007,
    "close reason",
  );
});

Deno.test("FrameReader rejects text that is not UTF-8 at its first invalid byte (websocket/text)", () => {
  assertFrameError(
    [frame(TEXT, Uint8Array.of(0x61, 0xff))],
    1007,
    "0xff at byte 7",
  );
  assertFrameError(
    [frame(TEXT_BEGIN, Uint8Array.of(0xe2, 0x82)), frame(LAST, "x")],
    1007,
    "0x78 at byte 14",
  );
  assertFrameError(
    [frame(TEXT, Uint8Array.of(0xe2, 0x82))],
    1007,
    "ends inside a character",
  );
  assertFrameError(
    [frame(TEXT_BEGIN, Uint8Array.of(0xe2, 0x82)), frame(LAST)],
    1007,
    "ends inside a character",
  );
});

Deno.test("FrameReader does not wait for the rest of invalid text", () => {
  const reader = new FrameReader("client");
  reader.push(Uint8Array.of(TEXT, 100, 0x61, 0xc3));
  assertEquals(reader.read()?.kind, "data");
  assertEquals(reader.read(), undefined);
  reader.push(Uint8Array.of(0x28));
  assertThrows(() => reader.read(), FrameError, "0x28 at byte 4");
});

Deno.test("FrameReader checks each text separately", () => {
  assertEquals(
    outcome([
      frame(TEXT, "é"),
      frame(BINARY, Uint8Array.of(0xff)),
      frame(TEXT),
    ]),
    { events: [{ text: "é" }, { bytes: Uint8Array.of(0xff) }, { text: "" }] },
  );
});

Deno.test("FrameReader rejects frames and messages beyond the limits (websocket/too-big)", () => {
  const limits = { maxFrame: 10, maxMessageBytes: 15 };
  const full = frame(BINARY_BEGIN, "0123456789");
  assertFrameError(
    [frame(BINARY, "01234567890")],
    1009,
    "frame of 11 bytes, wanted at most 10",
    "server",
    limits,
  );
  assertFrameError(
    [full, frame(LAST, "012345")],
    1009,
    "message of 16 bytes or more, wanted at most 15",
    "server",
    limits,
  );
  assertFrameError(
    [frame(BINARY_BEGIN, "01234567"), frame(MORE, "01234567"), frame(LAST)],
    1009,
    "message of 16 bytes or more",
    "server",
    limits,
  );
  assertFrameError(
    [full, frame(MORE, "01234"), frame(LAST, "0")],
    1009,
    "message of 16 bytes or more",
    "server",
    limits,
  );
  assertEquals(
    outcome([full, frame(LAST, "01234"), full, frame(LAST)], "server", limits)
      .events.length,
    2,
  );
  // Control frames are no part of a message.
  const ping = frame(PING, new Uint8Array(100));
  assertEquals(outcome([full, ping, ping], "server", limits).error, undefined);
});

Deno.test("FrameReader reports the offset of a malformed frame", () => {
  assertFrameError(
    [frame(TEXT, "five!"), frame(PING), frame(0x83)],
    1002,
    "Cannot read the WebSocket frame at byte 17: unknown opcode 3",
  );
});

Deno.test("FrameReader delivers everything before an error, and keeps throwing it", () => {
  const reader = new FrameReader("server");
  reader.push(concat([frame(TEXT, "before"), frame(0x83), frame(TEXT)]));
  assertEquals(reader.read()?.kind, "data");
  const error = assertThrows(() => reader.read(), FrameError);
  assertEquals(assertThrows(() => reader.read()), error);
  assertEquals(assertThrows(() => reader.push(frame(TEXT))), error);
  assertEquals(reader.closed, false);
});

Deno.test("FrameReader rejects a malformed header at its first wrong byte", () => {
  const reader = new FrameReader("client");
  reader.push(Uint8Array.of(TEXT));
  assertEquals(reader.read(), undefined);
  reader.push(Uint8Array.of(0xfe)); // masked: eight more bytes would follow
  assertThrows(() => reader.read(), FrameError, "masked frame");
});

Deno.test("FrameReader rejects a chunk while the last one has unread bytes", () => {
  const reader = new FrameReader("server");
  reader.push(frame(TEXT, "x"));
  assertThrows(
    () => reader.push(frame(TEXT)),
    TypeError,
    "7 bytes of the last",
  );
  assertEquals(reader.read()?.kind, "data");
  reader.push(frame(TEXT));
});

/** A message in fragments, with a ping after each of them or without. */
const message: fc.Arbitrary<Uint8Array[]> = fc.record({
  opcode: fc.constantFrom(OPCODE.text, OPCODE.binary),
  body: fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 60 }),
    fc.constantFrom(125, 126, 300).map((length) => "é".repeat(length)),
  ),
  cuts: fc.array(fc.nat(), { maxLength: 4 }),
  ping: fc.option(fc.uint8Array({ maxLength: 125 })),
}).map(({ opcode, body, cuts, ping }) => {
  const bytes = new TextEncoder().encode(body);
  const parts = cut(bytes, cuts.map((n) => n % (bytes.length + 1)));
  return parts.flatMap((part, i) => {
    const fin = i === parts.length - 1 ? 0x80 : 0;
    const data = frame(fin | (i === 0 ? opcode : OPCODE.continuation), part);
    return ping === null ? [data] : [data, frame(PING, ping)];
  });
});

/** How a conversation may end. */
const ending: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.constant(new Uint8Array()),
  fc.constant(frame(CLOSE, closePayload(1000, "done"))),
  fc.constant(frame(TEXT, Uint8Array.of(0x61, 0xc3, 0x28))),
  fc.uint8Array({ maxLength: 20 }),
);

const conversation: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.array(message, { maxLength: 5 }), ending)
  .map(([messages, ending]) => concat([...messages.flat(), ending]));

Deno.test("FrameReader returns the same events wherever the bytes are cut (websocket/byte-stream)", () => {
  const cuts = fc.array(fc.nat(), { maxLength: 30 });
  fc.assert(fc.property(conversation, cuts, (bytes, at) => {
    const whole = outcome([bytes]);
    const some = at.map((n) => n % (bytes.length + 1));
    for (const places of [some, [...bytes.keys()]]) {
      assertEquals(outcome(cut(bytes, places)), whole);
    }
  }));
});
