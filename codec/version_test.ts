import { assertEquals, assertThrows } from "@std/assert";
import { bytesOf, textOf } from "./testing/oracle.ts";
import { ProtocolError } from "./protocol_error.ts";
import {
  encodeVersion,
  type ProtocolVersion,
  VersionReader,
} from "./version.ts";

/** A reader that took bytes one at a time, and how many of them it took. */
function read(
  wire: string,
  spoken?: readonly ProtocolVersion[],
): { reader: VersionReader; taken: number } {
  const reader = new VersionReader(spoken);
  let taken = 0;
  for (const byte of bytesOf(wire)) taken += reader.push(Uint8Array.of(byte));
  const whole = new VersionReader(spoken);
  assertEquals(whole.push(bytesOf(wire)), taken);
  assertEquals(whole.outcome, reader.outcome);
  assertEquals(whole.error?.message, reader.error?.message);
  return { reader, taken };
}

Deno.test("a version is written as its two digits (handshake/version, version00/version)", () => {
  assertEquals(textOf(encodeVersion()), "01");
  assertEquals(textOf(encodeVersion("01")), "01");
  assertEquals(textOf(encodeVersion("00")), "00");
});

Deno.test("a version that is spoken is accepted, and no byte after it is taken (handshake/chunking)", () => {
  const { reader, taken } = read("01f00000001");
  assertEquals(taken, 2);
  assertEquals(reader.outcome, "spoken");
  assertEquals(reader.version, "01");
  assertEquals(reader.error, undefined);
  reader.end();
});

Deno.test("a reader can accept several versions", () => {
  assertEquals(read("00", ["00", "01"]).reader.version, "00");
  assertEquals(read("01", ["00", "01"]).reader.version, "01");
  assertEquals(read("00", ["00"]).reader.version, "00");
});

Deno.test("there is no outcome while bytes are missing (handshake/chunking)", () => {
  for (const wire of ["", "0", "f"]) {
    const { reader, taken } = read(wire);
    assertEquals(taken, wire.length);
    assertEquals(reader.outcome, undefined);
    assertEquals(reader.version, undefined);
    assertEquals(reader.error, undefined);
    assertEquals(reader.push(new Uint8Array()), 0);
  }
});

Deno.test("a version that is not spoken is refused with code 1 (handshake/unsupported, handshake/code-1)", () => {
  for (const wire of ["02", "00", "10", "0a", "ff", "FF", "fF", "f00000001"]) {
    const { reader, taken } = read(wire);
    assertEquals(taken, 2);
    assertEquals(reader.outcome, "not-spoken");
    assertEquals(reader.version, undefined);
    const { code, reason, offset, side } = reader.error!;
    assertEquals([code, reason, offset, side], [
      1,
      "unsupported-version",
      0,
      "local",
    ]);
    reader.end();
  }
  assertEquals(
    read("Ff", ["00", "01"]).reader.error?.message,
    'Cannot start the conversation: protocol version is "ff", wanted 00 or 01, at byte 0',
  );
});

Deno.test("the digits of a version are read in both cases", () => {
  const { reader } = read("0A", ["0a" as ProtocolVersion]);
  assertEquals(reader.outcome, "spoken");
});

Deno.test("bytes that are not a version are refused with code 1, at the first byte that is not a digit (handshake/not-hex, handshake/not-hex-code)", () => {
  for (
    const [wire, taken] of [
      ["xx", 1],
      ["0x", 2],
      [" 1", 1],
      ["+1", 1],
      ["\0\x01", 1],
      ["GET / HTTP/1.1", 1],
      ["h000", 1],
      ["1:", 2],
      ["\xff\xfe", 1],
    ] as const
  ) {
    const { reader, taken: found } = read(wire);
    assertEquals(found, taken);
    assertEquals(reader.outcome, "not-a-version");
    const { code, reason, offset } = reader.error!;
    assertEquals([code, reason, offset], [1, "not-a-version", 0]);
    assertEquals(reader.push(bytesOf("01")), 0);
    assertEquals(reader.version, undefined);
    reader.end();
  }
  assertEquals(
    read("0\x1b").reader.error?.message,
    'Cannot start the conversation: protocol version is "0\\x1b", wanted two hexadecimal digits, at byte 0',
  );
});

Deno.test("any two bytes have one of three outcomes", () => {
  for (let first = 0; first < 256; first++) {
    for (let second = 0; second < 256; second++) {
      const reader = new VersionReader();
      reader.push(Uint8Array.of(first, second));
      const text = String.fromCharCode(first, second);
      assertEquals(
        reader.outcome,
        text === "01"
          ? "spoken"
          : /^[0-9a-fA-F]{2}$/.test(text)
          ? "not-spoken"
          : "not-a-version",
      );
    }
  }
});

Deno.test("end throws if the version is cut (close/inside)", () => {
  for (const wire of ["", "0"]) {
    const { reader } = read(wire);
    const error = assertThrows(
      () => reader.end(),
      ProtocolError,
      `Cannot start the conversation: it ended after ${wire.length} of 2 bytes of the protocol version`,
    );
    const { code, reason, offset } = error as ProtocolError;
    assertEquals([code, reason, offset], [2, "truncated", wire.length]);
  }
});
