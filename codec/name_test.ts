import { assertEquals, assertNotStrictEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { check } from "./testing/arbitrary.ts";
import { NameCache } from "./_name_cache.ts";
import { bytesOf, oracleName } from "./testing/oracle.ts";
import { decodeName, quoteName } from "./name.ts";

Deno.test("names that are UTF-8 are text, a byte order mark included", () => {
  assertEquals(decodeName(bytesOf("")), "");
  assertEquals(decodeName(bytesOf("a\0\r\n")), "a\0\r\n");
  assertEquals(decodeName(bytesOf("\xef\xbb\xbfa")), "\ufeffa");
  assertEquals(decodeName(bytesOf("\xf0\x9f\x98\x80")), "\u{1f600}");
});

Deno.test("names that are not UTF-8 are their bytes: bad, overlong, surrogates, cut", () => {
  for (
    const wire of [
      "\xff",
      "\xc0\x80",
      "\xed\xa0\x80",
      "a\xe2\x82",
      "\xf4\x90\x80\x80",
    ]
  ) {
    assertEquals(decodeName(bytesOf(wire)), bytesOf(wire));
  }
});

Deno.test("a name that is bytes is a copy, also of a Buffer", () => {
  for (
    const bytes of [bytesOf("\xff\xfe"), Buffer.from("\xff\xfe", "latin1")]
  ) {
    const name = decodeName(bytes);
    assertNotStrictEquals(name, bytes);
    bytes[0] = 0;
    assertEquals(name, bytesOf("\xff\xfe"));
  }
});

Deno.test("property: the cache gives the name that stands there, whatever came before", () => {
  const names = fc.array(
    fc.oneof(
      fc.string({ unit: fc.constantFrom("a", "b", "\xff"), maxLength: 4 }),
      fc.string({ unit: "binary-ascii", minLength: 60, maxLength: 68 }),
    ),
    { minLength: 1, maxLength: 30 },
  );
  check(fc.property(names, (names) => {
    const cache = new NameCache();
    const memory = new Uint8Array(100);
    for (const name of [...names, ...names]) {
      memory.set(bytesOf(name), 7);
      assertEquals(cache.get(memory, 7, name.length), oracleName(name));
      memory.fill(0xee);
    }
  }));
});

Deno.test("names of one place in the cache are told apart, also when one begins with the other", () => {
  const cache = new NameCache();
  for (let round = 0; round < 3; round++) {
    for (const name of ["a1z", "a2z", "a1z", "a1zxl", "a1z"]) {
      assertEquals(cache.get(bytesOf(name), 0, name.length), name);
    }
  }
});

Deno.test("a name is quoted on one line", () => {
  assertEquals(quoteName("a b"), '"a b"');
  assertEquals(quoteName('a"\\\n\u202e'), '"a\\"\\\\\\x0a\\u{202e}"');
  assertEquals(quoteName(bytesOf("a \xff")), '"a\\x20\\xff"');
  assertEquals(quoteName(bytesOf("\xc3\xa9")), '"\u00e9"');
});
