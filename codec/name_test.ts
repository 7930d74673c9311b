import { assertEquals, assertNotStrictEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { bytesOf } from "./testing/oracle.ts";
import { decodeName, quoteName } from "./name.ts";

Deno.test("names that are UTF-8 are text, a byte order mark included (wire/text3-utf8)", () => {
  assertEquals(decodeName(bytesOf("")), "");
  assertEquals(decodeName(bytesOf("a\0\r\n")), "a\0\r\n");
  assertEquals(decodeName(bytesOf("\xef\xbb\xbfa")), "\ufeffa");
  assertEquals(decodeName(bytesOf("\xf0\x9f\x98\x80")), "\u{1f600}");
});

Deno.test("names that are not UTF-8 are their bytes: bad, overlong, surrogates, cut (wire/text3-bytes)", () => {
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

Deno.test("a name is quoted on one line", () => {
  assertEquals(quoteName("a b"), '"a b"');
  assertEquals(quoteName('a"\\\n\u202e'), '"a\\"\\\\\\x0a\\u{202e}"');
  assertEquals(quoteName(bytesOf("a \xff")), '"a\\x20\\xff"');
  assertEquals(quoteName(bytesOf("\xc3\xa9")), '"\u00e9"');
});
