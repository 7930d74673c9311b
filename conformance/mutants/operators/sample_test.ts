import { assertEquals, assertNotEquals } from "@std/assert";
import { sample } from "./sample.ts";

const LIST = Array.from({ length: 100 }, (_, at) => at);

Deno.test("a sample has different entries, which the seed decides", () => {
  const some = sample(LIST, 20, 1);
  assertEquals(new Set(some).size, 20);
  assertEquals(sample(LIST, 20, 1), some);
  assertNotEquals(sample(LIST, 20, 2), some);
});

Deno.test("a sample of more than there are is all of them", () => {
  assertEquals(sample(LIST, Infinity, 1).sort((a, b) => a - b), LIST);
});
