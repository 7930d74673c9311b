import { assertEquals } from "@std/assert";
import { describeValue } from "./value.ts";

Deno.test("describeValue() names values of every kind on one line", () => {
  const values: [unknown, string][] = [
    ["a\x1bb", '"a\\x1bb"'],
    ["x".repeat(100), `"${"x".repeat(60)}…"`],
    [undefined, "undefined"],
    [null, "null"],
    [NaN, "NaN"],
    [-1, "-1"],
    [true, "true"],
    [() => 1, "a function"],
    [[1], "an array"],
    [{}, "an object"],
    [new AbortController(), "an AbortController"],
    [new Map(), "a Map"],
  ];
  for (const [value, description] of values) {
    assertEquals(describeValue(value), description);
  }
});
