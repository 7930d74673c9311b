import { assertEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import fc from "fast-check";
import { OPCODE, type Opcode, writeFrame } from "./_frame.ts";
import { FrameError, type FrameEvent } from "./_frame_event.ts";
import { FrameReader } from "./_frame_reader.ts";
import { JoinedReader } from "./_joined_reader.ts";

const { text: TEXT, binary: BINARY, ping: PING, close: CLOSE } = OPCODE;

/** An unmasked frame. */
function frame(opcode: Opcode, payload: string | Uint8Array = ""): Uint8Array {
  const bytes = typeof payload === "string"
    ? new TextEncoder().encode(payload)
    : payload;
  const buffer = new Uint8Array(bytes.length + 10);
  return buffer.slice(0, writeFrame(buffer, 0, opcode, bytes, undefined));
}

/** A frame with an opcode that there is not. */
const WRONG = Uint8Array.of(0x83, 0);

function joinedReader(): JoinedReader {
  return new JoinedReader(new FrameReader("client"));
}

/** The events of a reader as text: data, control events and the error. */
function eventsOf(
  reader: Pick<FrameReader, "push"> & {
    read(): Uint8Array | FrameEvent | undefined;
  },
  chunks: readonly Uint8Array[],
): string {
  let events = "";
  try {
    for (const chunk of chunks) {
      reader.push(chunk.slice());
      for (let event; (event = reader.read()) !== undefined;) {
        if (event instanceof Uint8Array) events += event.toHex();
        else if (event.kind === "data") events += event.bytes.toHex();
        else events += ` ${JSON.stringify(event)} `;
      }
    }
  } catch (error) {
    events += ` ${error}`;
  }
  return events;
}

Deno.test("JoinedReader joins small pieces and keeps large ones in place (websocket/byte-stream)", () => {
  const reader = joinedReader();
  const chunk = concat([
    ...[frame(TEXT), frame(TEXT, "a"), frame(BINARY), frame(BINARY, "bc")],
    ...[frame(PING, "!"), frame(TEXT), frame(TEXT, "de")],
    ...[frame(BINARY, new Uint8Array(2000).fill(7)), frame(TEXT, "f")],
  ]);
  reader.push(chunk);
  const text = (piece: unknown) => {
    if (!(piece instanceof Uint8Array)) throw new Error("wanted data");
    assertEquals(piece.buffer, chunk.buffer);
    return new TextDecoder().decode(piece);
  };
  assertEquals(text(reader.read()), "abc");
  assertEquals(reader.read(), { kind: "ping", bytes: Uint8Array.of(0x21) });
  assertEquals(text(reader.read()), "de");
  assertEquals(text(reader.read()), "\x07".repeat(2000) + "f");
  assertEquals(reader.read(), undefined);
});

Deno.test("JoinedReader ignores empty messages (websocket/byte-stream)", () => {
  const reader = joinedReader();
  reader.push(concat([frame(TEXT), frame(BINARY)]));
  assertEquals(reader.read(), undefined);
});

Deno.test("JoinedReader returns everything before an error first", () => {
  const reader = joinedReader();
  reader.push(concat([frame(TEXT, "a"), frame(TEXT, "b"), WRONG]));
  assertEquals(reader.read(), new TextEncoder().encode("ab"));
  assertThrows(() => reader.read(), FrameError, "unknown opcode 3");
  assertThrows(() => reader.push(WRONG), FrameError, "unknown opcode 3");
});

Deno.test("JoinedReader returns all bytes and control events in order (websocket/byte-stream)", () => {
  const some = fc.oneof(
    { weight: 9, arbitrary: fc.uint8Array({ maxLength: 30 }) },
    fc.constant(new Uint8Array(1500).fill(0x2e)),
  ).map((payload) => frame(BINARY, payload));
  const frames = fc.array(
    fc.oneof({ weight: 5, arbitrary: some }, fc.constant(frame(PING, "?"))),
    { maxLength: 20 },
  );
  const ending = fc.constantFrom(frame(CLOSE), WRONG, new Uint8Array());
  const cuts = fc.array(fc.nat(), { maxLength: 5 });
  fc.assert(fc.property(frames, ending, cuts, (frames, ending, cuts) => {
    const bytes = concat([...frames, ending]);
    const ends = cuts.map((n) => n % (bytes.length + 1)).sort((a, b) => a - b);
    const chunks = [...ends, bytes.length].map((end, i) =>
      bytes.subarray(ends[i - 1] ?? 0, end)
    );
    assertEquals(
      eventsOf(joinedReader(), chunks),
      eventsOf(new FrameReader("client"), [bytes]),
    );
  }));
});
