import { assertEquals, assertThrows } from "@std/assert";
import {
  fromBytes,
  joinBytes,
  sameBytes,
  showBytes,
  sizeOf,
  toBytes,
} from "./bytes.ts";
import type { Bytes } from "./case.ts";

const text = (bytes: Bytes, counter?: number) =>
  new TextDecoder().decode(toBytes(bytes, counter));

Deno.test("a pattern is the same everywhere, and no two blocks of it are equal", () => {
  assertEquals(toBytes([{ pattern: 8 }]).toHex(), "3c5e81b40c5ec68e");
  assertEquals(
    toBytes([{ pattern: 3, letters: true }]),
    toBytes([{ pattern: 3 }]).map((byte) => 0x61 + byte % 26),
  );
  assertEquals(sizeOf([{ pattern: 70_000, seed: 2 }, { ascii: "a" }]), 70_001);
  const bytes = toBytes([{ pattern: 70_000, seed: 2 }]);
  assertEquals(sameBytes(bytes, toBytes([{ pattern: 70_000 }])), false);
});

Deno.test("each kind of segment becomes its bytes", () => {
  assertEquals(text("r0001"), "r0001");
  assertEquals(text([{ ascii: "a" }, { hex: "0a62" }, { utf8: "ü" }]), "a\nbü");
  assertEquals(text([{ repeat: "abc", times: 3 }]), "abcabcabc");
  assertEquals(
    text([{ repeat: [{ hex: "61" }, { ascii: "b" }], times: 2 }]),
    "abab",
  );
  assertEquals(text([{ ascii: "n" }, { counter: 4 }], 255), "n00ff");
  assertEquals(text([]), "");
  assertEquals(text([{ repeat: "a", times: 0 }, { repeat: "", times: 5 }]), "");
});

Deno.test("the size of segments is computed without creating them", () => {
  for (
    const bytes of [
      "",
      "abc",
      [{ ascii: "a" }, { hex: "0a62" }, { utf8: "grüße" }, { counter: 8 }],
      [{ repeat: [{ utf8: "ü" }], times: 7 }],
    ] satisfies Bytes[]
  ) assertEquals(sizeOf(bytes), toBytes(bytes).length);
  assertEquals(sizeOf([{ repeat: "abcd", times: 0x4000_0000 }]), 0x1_0000_0000);
});

Deno.test("something that is not a segment is named in the error", () => {
  assertThrows(() => toBytes([{ hex: "0" }]), TypeError, 'got hex "0"');
  assertThrows(
    () => toBytes([{ octal: "7" } as never]),
    TypeError,
    'got {"octal":"7"}',
  );
});

Deno.test("bytes become the most readable segments", () => {
  assertEquals(fromBytes(toBytes("hi")), "hi");
  assertEquals(fromBytes(toBytes([{ hex: "0068656c6c6f0a" }])), [
    { hex: "00" },
    { ascii: "hello" },
    { hex: "0a" },
  ]);
});

Deno.test("bytes are compared and joined", () => {
  assertEquals(sameBytes(toBytes("ab"), toBytes("ab")), true);
  assertEquals(sameBytes(toBytes("ab"), toBytes("abc")), false);
  assertEquals(sameBytes(toBytes("ab"), toBytes("ac")), false);
  assertEquals(
    joinBytes([toBytes("ab"), toBytes(""), toBytes("c")]),
    toBytes("abc"),
  );
});

Deno.test("bytes are shown on one line", () => {
  assertEquals(
    showBytes(toBytes([{ ascii: "a\\" }, { hex: "0aff" }])),
    "a\\x5c\\x0a\\xff",
  );
  assertEquals(showBytes(toBytes("abcdef"), 3), "abc… (6 bytes)");
});

Deno.test("bytes become text where they are printable, and digits elsewhere", () => {
  for (
    const [wire, json] of [
      ["", ""],
      ["hello world~", "hello world~"],
      ["abc", "abc"],
      ["\0", [{ hex: "00" }]],
      ["hello\r\n", [{ ascii: "hello" }, { hex: "0d0a" }]],
      ["\r\nhello", [{ hex: "0d0a" }, { ascii: "hello" }]],
      ["\0abc\0", [{ hex: "0061626300" }]],
      ["\0abcd\0", [{ hex: "00" }, { ascii: "abcd" }, { hex: "00" }]],
      ["abc\0", [{ hex: "61626300" }]],
      ["\0abc", [{ hex: "00616263" }]],
      ["\xff\x7f\x1f\x80", [{ hex: "ff7f1f80" }]],
      ["abcd\xc3\xa9efgh", [{ ascii: "abcd" }, { hex: "c3a9" }, {
        ascii: "efgh",
      }]],
    ] as const
  ) {
    const bytes = Uint8Array.from(wire, (letter) => letter.charCodeAt(0));
    assertEquals(fromBytes(bytes), json);
    assertEquals(toBytes(json), bytes);
  }
});
