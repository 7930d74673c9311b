import { assertEquals } from "@std/assert";
import { RawFrameReader, type WebSocketEnd } from "./raw_frame_reader.ts";
import type { Arrival } from "./wire.ts";

/** What arrives from frames, given as digits, which are pushed byte by byte. */
function read(digits: string, by: WebSocketEnd = "server"): Arrival[] {
  const arrivals: Arrival[] = [];
  const reader = new RawFrameReader(by, (arrival) => arrivals.push(arrival));
  for (const byte of Uint8Array.fromHex(digits)) {
    reader.push(Uint8Array.of(byte));
  }
  return arrivals;
}

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("messages, control frames between fragments, and the close are read", () => {
  assertEquals(
    read("810161" + "0201618900" + "800162" + "8a0163" + "88020fa2"),
    [
      { type: "bytes", bytes: bytes("a"), frame: "text" },
      { type: "control", frame: "ping", bytes: bytes("") },
      { type: "bytes", bytes: bytes("ab"), frame: "binary" },
      { type: "control", frame: "pong", bytes: bytes("c") },
      { type: "end", how: "close", code: 4002 },
    ],
  );
  assertEquals(read("8800820161"), [{ type: "end", how: "close" }]);
  const long = "82" + "7e0080" + "61".repeat(128);
  assertEquals(read(long), [
    { type: "bytes", bytes: bytes("a".repeat(128)), frame: "binary" },
  ]);
});

Deno.test("a client masks its frames", () => {
  assertEquals(
    read("82830102030460606089800102030488820000000003e8", "client"),
    [
      { type: "bytes", bytes: bytes("abc"), frame: "binary" },
      { type: "control", frame: "ping", bytes: bytes("") },
      { type: "end", how: "close", code: 1000 },
    ],
  );
  assertEquals(read("820161", "client"), [
    { type: "violation", why: "a frame without a mask" },
  ]);
});

Deno.test("malformed frames are violations", () => {
  for (
    const [digits, why] of [
      ["c20161", "a frame with reserved bits"],
      ["828100000000", "a masked frame"],
      ["8300", "a frame with the opcode 3"],
      ["0900", "a control frame that is too long or fragmented"],
      ["897e0080", "a control frame that is too long or fragmented"],
      ["800161", "a continuation without a message"],
      ["020161820162", "a message within another one"],
      ["827e000161", "a length that is not written shortest"],
      ["827f0000000000000001", "a length that is not written shortest"],
    ] as const
  ) assertEquals(read(digits).at(-1), { type: "violation", why });
});
