import { assertEquals } from "@std/assert";
import {
  digitValue,
  readHex3,
  readHex4,
  readHex8,
  readId,
  writeHex3,
  writeHex4,
  writeHex8,
  writeId,
} from "./_fields.ts";
import { bytesOf, textOf } from "./testing/oracle.ts";

const DIGIT = /^[0-9a-fA-F]$/;

Deno.test("22 of 256 byte values are digits (wire/hex, wire/hex-strict)", () => {
  for (let byte = 0; byte < 256; byte++) {
    const letter = String.fromCharCode(byte);
    assertEquals(
      digitValue(byte),
      DIGIT.test(letter) ? parseInt(letter, 16) : 255,
    );
  }
});

for (
  const [name, digits, read] of [
    ["readHex3", 3, readHex3],
    ["readHex4", 4, readHex4],
    ["readHex8", 8, readHex8],
  ] as const
) {
  Deno.test(`${name} reads any digit, and no other byte, at any place`, () => {
    for (let place = 0; place < digits; place++) {
      for (let byte = 0; byte < 256; byte++) {
        const letter = String.fromCharCode(byte);
        const text = "0123456f".slice(0, place) + letter +
          "fedcba98".slice(place + 1, digits);
        assertEquals(
          read(bytesOf(`x${text}x`), 1),
          DIGIT.test(letter) ? parseInt(text, 16) : -1,
          text,
        );
      }
    }
  });
}

Deno.test("numbers are unsigned and written in lower case (wire/unsigned, wire/hex-lowercase)", () => {
  const bytes = bytesOf(".".repeat(17));
  writeHex3(bytes, 1, 0xabc);
  writeHex4(bytes, 4, 0xfffe);
  writeHex8(bytes, 8, 0x80000000);
  assertEquals(textOf(bytes), ".abcfffe80000000.");
  for (const value of [0, 1, 0x7fffffff, 0x80000000, 0xffffffff]) {
    writeHex8(bytes, 0, value);
    assertEquals(readHex8(bytes, 0), value);
  }
});

Deno.test("request IDs are read and written as big-endian, unsigned numbers", () => {
  const bytes = bytesOf(".....");
  writeId(bytes, 0, 0xfffefdfc, 4);
  assertEquals(textOf(bytes), "\xff\xfe\xfd\xfc.");
  assertEquals(readId(bytes, 0, 4), 0xfffefdfc);
  writeId(bytes, 1, 0x010203, 3);
  assertEquals(textOf(bytes), "\xff\x01\x02\x03.");
  assertEquals(readId(bytes, 1, 3), 0x010203);
});
