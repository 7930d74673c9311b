import { assertEquals } from "@std/assert";
import { quoteValue, shorten } from "./shorten.ts";

Deno.test("a long value is quoted by its beginning and its length", () => {
  assertEquals(quoteValue({ a: ["b"] }), '{"a":["b"]}');
  assertEquals(quoteValue(undefined), "nothing");
  assertEquals(shorten("a".repeat(80)), "a".repeat(80));
  assertEquals(
    quoteValue("n".repeat(4095)),
    `"${"n".repeat(79)}… (4097 characters)`,
  );
});

Deno.test("a character of two units is not cut", () => {
  assertEquals(
    shorten("a".repeat(79) + "😀".repeat(2)),
    `${"a".repeat(79)}… (83 characters)`,
  );
});
