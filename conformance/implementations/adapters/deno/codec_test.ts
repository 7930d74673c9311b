import { text } from "@gotalk/gotalk/codec";
import { assertEquals } from "@std/assert";
import { decodeRaw, encodeRaw } from "./codec.ts";

const bytes = text.encode;

Deno.test("encodeRaw writes messages and the version, or gives a reason", () => {
  const request = {
    kind: "SingleRequest",
    id: bytes("0001"),
    operation: Uint8Array.of(0xff),
    payload: bytes("hi"),
  } as const;
  assertEquals(encodeRaw({}), { bytes: bytes("01") });
  assertEquals(encodeRaw({ version: "00" }), { bytes: bytes("00") });
  assertEquals(encodeRaw({ message: request }), {
    bytes: Uint8Array.of(
      ...bytes("r0001001"),
      0xff,
      ...bytes("00000002hi"),
    ),
  });
  assertEquals(
    encodeRaw({ message: { kind: "Heartbeat", load: 65_536, time: 0 } }),
    {
      refused: {
        reason:
          "Cannot encode Heartbeat: load is 65536, wanted an integer from 0 to 65535",
      },
    },
  );
  const longId = { ...request, id: bytes("00001") };
  assertEquals("refused" in encodeRaw({ message: longId }), true);
});

Deno.test("decodeRaw reports the chunk that completes or refuses a message", () => {
  const chunks = ["0", "1R00010000", "0002", "", "hin000", "0000", "0000x"];
  assertEquals(
    decodeRaw({ chunks: chunks.map((chunk) => bytes(chunk)), handshake: true }),
    {
      messages: [
        {
          chunk: 4,
          message: {
            kind: "SingleResult",
            id: bytes("0001"),
            payload: bytes("hi"),
          },
        },
        {
          chunk: 6,
          message: {
            kind: "Notification",
            name: bytes(""),
            payload: bytes(""),
          },
        },
      ],
      refused: { chunk: 6, reason: "unknown-kind", code: 2 },
    },
  );
});

Deno.test("decodeRaw applies limits, and refuses a truncated end", () => {
  const chunks = [bytes("R000100000002h")];
  assertEquals(decodeRaw({ chunks }), { messages: [] });
  assertEquals(decodeRaw({ chunks, end: true }), {
    messages: [],
    refused: { chunk: 0, reason: "truncated", code: 2 },
  });
  assertEquals(decodeRaw({ chunks, limits: { payload: 1 } }), {
    messages: [],
    refused: { chunk: 0, reason: "over-limit", code: 2 },
  });
  assertEquals(decodeRaw({ chunks: [bytes("02")], handshake: true }), {
    messages: [],
    refused: { chunk: 0, reason: "unsupported-version", code: 1 },
  });
  assertEquals(decodeRaw({ chunks: [], handshake: true, end: true }).refused, {
    chunk: 0,
    reason: "truncated",
    code: 2,
  });
});
