import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { sample } from "./sample.ts";

const LIST = Array.from({ length: 1000 }, (_, at) => at);

Deno.test("a sample has different entries, which the seed decides", () => {
  const some = sample(LIST, 20, 1, String);
  assertEquals(new Set(some).size, 20);
  assertEquals(sample(LIST.toReversed(), 20, 1, String), some);
  assertNotEquals(sample(LIST, 20, 2, String), some);
});

Deno.test("a sample of more than there are is all of them", () => {
  const all = sample(LIST, Infinity, 1, String);
  assertEquals(all.sort((a, b) => a - b), LIST);
});

Deno.test("an entry that leaves the list makes room for one other, and no more", () => {
  const before = sample(LIST, 20, 1, String);
  const after = sample(
    LIST.filter((each) => each !== before[3]),
    20,
    1,
    String,
  );
  assertEquals(after.slice(0, 19), before.toSpliced(3, 1));
});

Deno.test("every part of a list has its share of a sample", () => {
  const counts = [0, 0, 0, 0];
  for (const each of sample(LIST, 200, 1, (each) => `id-${each}`)) {
    counts[Math.floor(each / 250)]! += 1;
  }
  for (const count of counts) assert(count > 30, counts.join(", "));
});
