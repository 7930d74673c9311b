import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { Buffer } from "node:buffer";
import { bytesOf, textOf } from "./testing/oracle.ts";
import { Decoder } from "./decoder.ts";
import { DEFAULT_MAX_PAYLOAD_BYTES } from "./decoder_options.ts";
import type { Message } from "./message.ts";
import { ProtocolError } from "./protocol_error.ts";
import { requestId } from "./request_id.ts";

/** A decoder that holds the given bytes. */
function holding(wire: string, options = {}): Decoder {
  const decoder = new Decoder(options);
  decoder.push(bytesOf(wire));
  return decoder;
}

function payloadText(message: Message | undefined): string {
  assert(message !== undefined && "payload" in message);
  return textOf((message as { payload: Uint8Array }).payload);
}

Deno.test("read returns each complete message, then undefined (wire/complete)", () => {
  const decoder = holding("f00000001f00000002f00");
  assertEquals(decoder.read(), { kind: "ProtocolError", code: 1 });
  assertEquals(decoder.read(), { kind: "ProtocolError", code: 2 });
  assertEquals(decoder.read(), undefined);
  assertEquals(decoder.read(), undefined);
  decoder.push(bytesOf("000003"));
  assertEquals(decoder.read(), { kind: "ProtocolError", code: 3 });
  assertEquals(decoder.read(), undefined);
  decoder.end();
});

Deno.test("empty chunks change nothing, at any point (wire/chunking)", () => {
  const decoder = new Decoder();
  const messages: (Message | undefined)[] = [];
  for (const byte of bytesOf("n001x00000002hi")) {
    decoder.push(new Uint8Array());
    assertEquals(decoder.read(), undefined);
    decoder.push(Uint8Array.of(byte));
    messages.push(decoder.read());
  }
  assertEquals(messages.slice(0, -1).every((m) => m === undefined), true);
  assertEquals(messages.at(-1), {
    kind: "Notification",
    name: "x",
    payload: bytesOf("hi"),
  });
});

Deno.test("offset counts the bytes read, from the offset given", () => {
  const decoder = holding("f00000001R000100000002h", { offset: 2 });
  assertEquals(decoder.offset, 2);
  decoder.read();
  assertEquals(decoder.offset, 11);
  assertEquals(decoder.read(), undefined);
  assertEquals(decoder.offset, 25);
  decoder.push(bytesOf("ihello"));
  assertEquals(payloadText(decoder.read()), "hi");
  assertEquals(decoder.offset, 26);
});

Deno.test("incomplete is true while the bytes read end within a message", () => {
  const decoder = new Decoder();
  const seen: boolean[] = [decoder.incomplete];
  for (const byte of bytesOf("f00000001n00000000002hi")) {
    decoder.push(Uint8Array.of(byte));
    decoder.read();
    seen.push(decoder.incomplete);
  }
  const within = (length: number) => new Array<boolean>(length - 1).fill(true);
  assertEquals(seen, [false, ...within(9), false, ...within(14), false]);
});

Deno.test("readHeader returns all fields of a header before its payload has arrived", () => {
  const decoder = holding("e0001000000ff80000000");
  const { kind, id, wait, size } = decoder.readHeader()!;
  assertEquals([kind, id, wait, size], [
    "RetryResult",
    requestId("0001"),
    255,
    0x80000000,
  ]);
  assertEquals(decoder.remaining, 0x80000000);
});

Deno.test("readHeader returns size 0 for kinds without payload, after any other kind", () => {
  const decoder = holding("R000100000001xh0001000000ff");
  assertEquals(decoder.readHeader()?.size, 1);
  assertEquals(decoder.skip(), true);
  const heartbeat = decoder.readHeader()!;
  assertEquals([heartbeat.size, heartbeat.load, heartbeat.time], [0, 1, 255]);
  assertEquals(decoder.readPayload(), new Uint8Array());
});

Deno.test("readPayload needs the whole payload, readPiece returns what has arrived", () => {
  const decoder = holding("R000100000006ab");
  decoder.readHeader();
  assertEquals(decoder.readPayload(), undefined);
  assertEquals(decoder.readPayload(), undefined);
  decoder.push(bytesOf("c"));
  assertEquals(decoder.readPayload(), undefined);
  assertEquals(decoder.remaining, 3);
  assertEquals(textOf(decoder.readPiece()!), "abc");
  assertEquals(decoder.readPiece(), undefined);
  decoder.push(bytesOf("de"));
  assertEquals(textOf(decoder.readPiece()!), "de");
  decoder.push(bytesOf("ff00000001"));
  assertEquals(textOf(decoder.readPayload()!), "f");
  assertEquals(decoder.remaining, 0);
  assertEquals(decoder.readPiece(), undefined);
  assertEquals(decoder.read(), { kind: "ProtocolError", code: 1 });
});

Deno.test("read continues after readHeader", () => {
  const decoder = holding("r0001004echo00000004p");
  decoder.readHeader();
  assertEquals(decoder.read(), undefined);
  decoder.push(bytesOf("ing"));
  assertEquals(decoder.read(), {
    kind: "SingleRequest",
    id: requestId("0001"),
    operation: "echo",
    payload: bytesOf("ping"),
  });
});

Deno.test("skip drops a payload as it arrives, then the next message is read", () => {
  const decoder = holding("R000100000005ab", { maxPayloadBytes: 0 });
  decoder.readHeader();
  assertEquals(decoder.skip(), false);
  assertEquals(decoder.skip(), false);
  decoder.push(bytesOf("cdef00000001"));
  assertEquals(decoder.skip(), true);
  assertEquals(decoder.skip(), true);
  assertEquals(decoder.read(), { kind: "ProtocolError", code: 1 });
});

Deno.test("skip drops what readPayload has collected", () => {
  const decoder = holding("R000100000004ab");
  assertEquals(decoder.read(), undefined);
  assertEquals(decoder.skip(), false);
  decoder.push(bytesOf("cdf00000001"));
  assertEquals(decoder.skip(), true);
  assertEquals(decoder.read(), { kind: "ProtocolError", code: 1 });
});

Deno.test("a payload above maxPayloadBytes can be read in pieces", () => {
  const decoder = holding("R000100000005abcde", { maxPayloadBytes: 4 });
  decoder.readHeader();
  assertEquals(textOf(decoder.readPiece()!), "abcde");
  decoder.end();
});

Deno.test("maxPayloadBytes is 16 MiB unless set", () => {
  assertEquals(DEFAULT_MAX_PAYLOAD_BYTES, 0x1000000);
  assertEquals(holding("R000101000000").read(), undefined);
  assertThrows(
    () => holding("R000101000001").read(),
    ProtocolError,
    "payload size is 16777217 bytes, wanted at most 16777216",
  );
  assertEquals(
    holding("R0001ffffffff", { maxPayloadBytes: 0xffffffff }).read(),
    undefined,
  );
});

Deno.test("push throws while bytes of the previous chunk are unread, and loses nothing", () => {
  const decoder = holding("f00000001");
  assertThrows(
    () => decoder.push(bytesOf("f00000002")),
    TypeError,
    "Cannot push: 9 bytes of the previous chunk are unread, wanted none",
  );
  assertEquals(decoder.read(), { kind: "ProtocolError", code: 1 });
  decoder.push(bytesOf("f00000002"));
  assertEquals(decoder.read(), { kind: "ProtocolError", code: 2 });
});

Deno.test("readHeader and end throw while a payload remains, and lose nothing", () => {
  const decoder = holding("R000100000002hi");
  decoder.readHeader();
  assertThrows(
    () => decoder.readHeader(),
    TypeError,
    "Cannot read a header: 2 bytes of the previous payload remain, wanted none",
  );
  assertThrows(
    () => decoder.end(),
    TypeError,
    "Cannot end: 2 bytes of the last chunk are unread, wanted none",
  );
  assertEquals(payloadText(decoder.read()), "hi");
  decoder.end();
});

Deno.test("a payload within one chunk is a view of it", () => {
  const chunk = bytesOf("R000100000002hiR000200000003xyz");
  const decoder = new Decoder();
  decoder.push(chunk);
  const first = decoder.read() as { payload: Uint8Array };
  const second = decoder.read() as { payload: Uint8Array };
  assertStrictEquals(first.payload.buffer, chunk.buffer);
  assertEquals(first.payload.byteOffset, 13);
  assertStrictEquals(second.payload.buffer, chunk.buffer);
  chunk[13] = 0x48;
  assertEquals(textOf(first.payload), "Hi");
});

Deno.test("a payload is at the right place if the chunk lies in a larger buffer", () => {
  const buffer = bytesOf("....R000100000002hi....");
  const decoder = new Decoder();
  decoder.push(buffer.subarray(4, 19));
  const { payload } = decoder.read() as { payload: Uint8Array };
  assertEquals(payload.byteOffset, 17);
  assertEquals(decoder.read(), undefined);
});

Deno.test("messages that arrive in several chunks survive the reuse of the chunks' memory", () => {
  for (
    const make of [(length: number) => new Uint8Array(length), Buffer.alloc]
  ) {
    const memory = make(1);
    const decoder = new Decoder();
    const messages: Message[] = [];
    for (
      const byte of bytesOf(
        "r0001004echo00000003abcr0001002\xff\xfe00000003defr0001004exho00000000",
      )
    ) {
      memory[0] = byte;
      decoder.push(memory);
      const message = decoder.read();
      if (message !== undefined) messages.push(message);
    }
    memory[0] = 0;
    const id = requestId("0001");
    const kind = "SingleRequest";
    assertEquals(messages, [
      { kind, id, operation: "echo", payload: bytesOf("abc") },
      { kind, id, operation: bytesOf("\xff\xfe"), payload: bytesOf("def") },
      { kind, id, operation: "exho", payload: bytesOf("") },
    ]);
  }
});

Deno.test("names survive the reuse of their chunk's memory", () => {
  const wires = ["n004echo00000000n002\xff\xfe00000000", "n004exho00000000"];
  for (const memory of [new Uint8Array(64), Buffer.alloc(64)]) {
    const decoder = new Decoder();
    const names: unknown[] = [];
    for (const wire of wires) {
      memory.set(bytesOf(wire));
      decoder.push(memory.subarray(0, wire.length));
      for (let message; (message = decoder.read()) !== undefined;) {
        names.push((message as { name: unknown }).name);
      }
      memory.fill(0);
    }
    assertEquals(names, ["echo", bytesOf("\xff\xfe"), "exho"]);
  }
});

Deno.test("an announced size reserves no memory, which grows with the bytes that arrive (limits/no-reserve)", () => {
  const decoder = holding("R0001ffffffff", { maxPayloadBytes: 0xffffffff });
  assertEquals(decoder.read(), undefined);
  const piece = new Uint8Array(1000);
  for (let arrived = 1000; arrived <= 200_000; arrived += 1000) {
    decoder.push(piece);
    assertEquals(decoder.read(), undefined);
  }
  const gathered = decoder.readPiece()!;
  assertEquals(gathered.byteLength, 200_000);
  assert(gathered.buffer.byteLength <= 16 * 200_000);
});

Deno.test("a payload that arrives in many chunks has a buffer of exactly its size", () => {
  const decoder = holding("R000100010000");
  decoder.readHeader();
  let payload: Uint8Array | undefined;
  for (let arrived = 0; arrived < 0x10000; arrived += 512) {
    assertEquals(payload, undefined);
    decoder.push(new Uint8Array(512).fill(arrived / 512));
    payload = decoder.readPayload();
  }
  assertEquals(payload?.byteLength, 0x10000);
  assertEquals(payload?.buffer.byteLength, 0x10000);
  assertEquals(payload?.[512 * 77], 77);
});

Deno.test("chunkInUse is true once a view of the current chunk was returned", () => {
  const decoder = new Decoder();
  const usedBy = (chunk: string, read: () => unknown) => {
    decoder.push(bytesOf(chunk));
    while (read() !== undefined);
    return decoder.chunkInUse;
  };
  const read = () => decoder.read();
  assertEquals(usedBy("R000100000002hi", read), true);
  assertEquals(usedBy("R000100000000", read), false);
  assertEquals(usedBy("R00010000", read), false);
  assertEquals(usedBy("0004h", read), false);
  assertEquals(usedBy("iho", read), false);
  decoder.push(bytesOf("R000100000003abc"));
  decoder.readHeader();
  assertEquals(decoder.skip(), true);
  assertEquals(decoder.chunkInUse, false);
  decoder.push(bytesOf("R000100000003a"));
  decoder.readHeader();
  decoder.readPiece();
  assertEquals(decoder.chunkInUse, true);
});

Deno.test("a recycled payload no longer counts as in use, and its memory serves a later payload", () => {
  const decoder = new Decoder();
  decoder.push(
    bytesOf("p000100000002hip000100000000p000100000002hip0001000003e8x"),
  );
  for (let lent = 2; lent > 0; lent--) {
    decoder.readHeader();
    const payload = decoder.readPayload();
    assertEquals(decoder.chunkInUse, true);
    decoder.recyclePayload(payload as Uint8Array<ArrayBuffer>);
    decoder.readHeader();
    if (lent === 2) {
      decoder.recyclePayload(decoder.readPayload() as Uint8Array<ArrayBuffer>);
    }
  }
  assertEquals(decoder.chunkInUse, false);
  const rest = "x".repeat(999);
  const cut = () => {
    assertEquals(decoder.readPayload(), undefined);
    decoder.push(bytesOf(rest));
    return decoder.readPayload() as Uint8Array<ArrayBuffer>;
  };
  const first = cut();
  assertEquals(first.byteLength, 1000);
  decoder.recyclePayload(first);
  assertEquals(decoder.chunkInUse, false);
  decoder.push(bytesOf("p0001000003e8x"));
  decoder.readHeader();
  const second = cut();
  assertEquals(second.buffer, first.buffer);
  decoder.push(bytesOf("p0001000003e8x"));
  decoder.readHeader();
  assert(cut().buffer !== first.buffer);
  decoder.recyclePayload(second);
  decoder.releaseMemory();
  decoder.push(bytesOf("p0001000003e8x"));
  decoder.readHeader();
  assert(cut().buffer !== second.buffer);
  decoder.recyclePayload(second);
  decoder.push(bytesOf("p000100000010x"));
  decoder.readHeader();
  assertEquals(decoder.readPayload(), undefined);
  decoder.push(bytesOf("x".repeat(15)));
  assertEquals(decoder.readPayload()?.buffer.byteLength, 16);
});

Deno.test("bytes can be read into payloadBuffer, without a copy", () => {
  const decoder = new Decoder();
  assertEquals(decoder.payloadBuffer, undefined);
  const payload = "x".repeat(64_000);
  const wire = bytesOf(`R00010000fa00${payload}`);
  decoder.push(wire.slice(0, 13 + 3_000));
  assertEquals(decoder.payloadBuffer, undefined);
  assertEquals(decoder.read(), undefined);
  let at = 13 + 3_000;
  const lengths: number[] = [];
  for (let room; (room = decoder.payloadBuffer) !== undefined;) {
    lengths.push(room.byteLength);
    const part = room.subarray(0, 15_000);
    part.set(wire.subarray(at, at + part.byteLength));
    at += part.byteLength;
    decoder.push(part);
    const message = decoder.read();
    if (message === undefined) continue;
    assertEquals(message, {
      kind: "SingleResult",
      id: requestId("0001"),
      payload: bytesOf(payload),
    });
  }
  assertEquals(
    lengths,
    [9_000, 48_000, 33_000, 18_000, 3_000, 4_000],
  );
  assertEquals(decoder.payloadBuffer, undefined);
  decoder.end();
});

Deno.test("memory of a payload that is joined or skipped is freed at once", () => {
  const decoder = new Decoder();
  const chunk = new Uint8Array(64 * 1024);
  const begin = () => {
    decoder.push(new TextEncoder().encode("r0001004echo00800000"));
    assertEquals(decoder.readHeader()?.size, 0x80_0000);
    decoder.push(chunk);
    assertEquals(decoder.readPayload(), undefined);
    return decoder.payloadBuffer!;
  };
  const first = begin();
  let payload: Uint8Array | undefined;
  while (payload === undefined) {
    decoder.push(chunk);
    payload = decoder.readPayload();
  }
  assertEquals([payload.byteLength, first.byteLength], [0x80_0000, 0]);
  assertEquals(payload.buffer.byteLength, 0x80_0000);
  assertEquals(chunk.byteLength, 64 * 1024);
  const second = begin();
  assertEquals(second.byteLength > 0, true);
  decoder.skip();
  assertEquals([second.byteLength, decoder.heldBytes], [0, 0]);
});

Deno.test("the memory for a payload is never much more than what has arrived of it", () => {
  const decoder = holding("r0001004echo01000000");
  decoder.readHeader();
  const chunk = new Uint8Array(40_000);
  for (let arrived = 40_000; arrived < 0x100_0000; arrived += 40_000) {
    decoder.push(chunk);
    assertEquals(decoder.readPayload(), undefined);
    assertEquals(decoder.heldBytes, arrived);
    const { buffer } = decoder.payloadBuffer!;
    // Whether or not this many bytes are counted.
    assert(buffer.byteLength <= 256 * 1024, `${buffer.byteLength} bytes`);
  }
});

Deno.test("a payload of several pieces is whole, in chunks of any size", () => {
  const payload = Uint8Array.from({ length: 1_000_000 }, (_, at) => at * 7);
  const wire = new Uint8Array(13 + payload.byteLength);
  wire.set(bytesOf("R0001000f4240"));
  wire.set(payload, 13);
  for (const size of [13, 1_000, 40_000, 300_000, 999_999]) {
    const decoder = new Decoder();
    let message: Message | undefined;
    for (let at = 0; at < wire.byteLength; at += size) {
      assertEquals(message, undefined);
      decoder.push(wire.subarray(at, at + size));
      message = decoder.read();
    }
    const read = (message as { readonly payload: Uint8Array }).payload;
    assert(read.every((byte, at) => byte === payload[at]));
    assertEquals(read.byteLength, payload.byteLength);
  }
});

Deno.test("memory that is given back replaces what was kept, also if it is the same", () => {
  const decoder = new Decoder();
  const one = new Uint8Array(64 * 1024);
  const two = new Uint8Array(64 * 1024);
  decoder.recyclePayload(one);
  decoder.recyclePayload(one);
  assertEquals([one.byteLength, decoder.heldBytes], [65536, 65536]);
  decoder.recyclePayload(two);
  assertEquals([one.byteLength, two.byteLength], [0, 65536]);
  decoder.releaseMemory();
  assertEquals([two.byteLength, decoder.heldBytes], [0, 0]);
});

Deno.test("bytes can be read elsewhere although there is a payloadBuffer", () => {
  const decoder = new Decoder();
  decoder.push(bytesOf("R0001000013880123456789"));
  assertEquals(decoder.read(), undefined);
  assertEquals(decoder.payloadBuffer!.byteLength, 4_086);
  decoder.push(bytesOf("y".repeat(4_990)));
  assertEquals(decoder.read(), {
    kind: "SingleResult",
    id: requestId("0001"),
    payload: bytesOf("0123456789" + "y".repeat(4_990)),
  });
});

Deno.test("heldBytes counts what has arrived of a payload in several chunks, and memory for later ones", () => {
  const decoder = holding("r0001004echo000003e8");
  assertEquals(decoder.heldBytes, 0);
  decoder.readHeader();
  decoder.push(new Uint8Array(10));
  assertEquals(decoder.readPayload(), undefined);
  // Not what is announced (limits/no-reserve).
  assertEquals(decoder.heldBytes, 10);
  decoder.push(new Uint8Array(989));
  decoder.readPayload();
  assertEquals(decoder.heldBytes, 999);
  decoder.push(new Uint8Array(1));
  const payload = decoder.readPayload() as Uint8Array<ArrayBuffer>;
  assertEquals([payload.byteLength, decoder.heldBytes], [1000, 0]);
  decoder.recyclePayload(payload);
  assertEquals(decoder.heldBytes, 1000);
  decoder.releaseMemory();
  assertEquals(decoder.heldBytes, 0);
  decoder.end();
});
