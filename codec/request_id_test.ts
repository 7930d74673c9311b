import { assertEquals, assertThrows } from "@std/assert";
import { LimitError } from "./limit_error.ts";
import { requestId, requestIdBytes, requestIdLength } from "./request_id.ts";

Deno.test("request IDs have four bytes, and three in version 00 (wire/request-id, version00/request-id)", () => {
  assertEquals(requestIdLength(), 4);
  assertEquals(requestIdLength("01"), 4);
  assertEquals(requestIdLength("00"), 3);
});

Deno.test("any bytes are a request ID and come back (wire/request-id)", () => {
  for (
    const bytes of [
      Uint8Array.of(0, 0, 0, 0),
      Uint8Array.of(255, 255, 255, 255),
      Uint8Array.of(128, 0, 0, 0),
      Uint8Array.of(13, 10, 13, 10),
      Uint8Array.of(0xc3, 0x28, 0, 1),
    ]
  ) {
    assertEquals(requestIdBytes(requestId(bytes)), bytes);
    const short = bytes.slice(1);
    assertEquals(requestIdBytes(requestId(short, "00"), "00"), short);
  }
});

Deno.test("request IDs are big-endian numbers", () => {
  assertEquals(requestId("0001"), 0x30303031);
  assertEquals(requestId("!000"), 0x21303030);
  assertEquals(requestId("\x7f\0\0\0"), 0x7f000000);
  assertEquals(requestId("001", "00"), 0x303031);
});

Deno.test("text that is not ASCII, or of another length, is not a request ID (wire/range)", () => {
  for (
    const [id, version, message] of [
      ["", "01", "Cannot make a request ID: it is 0 bytes, wanted 4"],
      ["001", "01", "Cannot make a request ID: it is 3 bytes, wanted 4"],
      ["00001", "01", "Cannot make a request ID: it is 5 bytes, wanted 4"],
      ["0001", "00", "Cannot make a request ID: it is 4 bytes, wanted 3"],
      [
        "00\u00e91",
        "01",
        'Cannot make a request ID: "\u00e9" is not ASCII, wanted bytes',
      ],
    ] as const
  ) {
    const error = assertThrows(() => requestId(id, version)) as LimitError;
    assertEquals([error.message, error.code], [message, "id"]);
  }
});

Deno.test("a number beyond the bytes of a request ID is refused (wire/range)", () => {
  for (
    const [id, version] of [
      [-1, "01"],
      [2 ** 32, "01"],
      [0.5, "01"],
      [NaN, "01"],
      [2 ** 24, "00"],
    ] as const
  ) {
    assertThrows(
      () => requestIdBytes(id, version),
      LimitError,
      `Cannot write a request ID: request ID is ${id}, wanted`,
    );
  }
});
