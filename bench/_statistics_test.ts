import { assertEquals } from "@std/assert";
import { median, quantile } from "./_statistics.ts";

Deno.test("the median is the figure in the middle, or between the two there", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([10, 1, 4, 2]), 3);
  assertEquals(median([7]), 7);
  assertEquals(median([]), NaN);
});

Deno.test("a quantile is one of the figures, with the share of all up to it", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  assertEquals(quantile(hundred, 0.5), 50);
  assertEquals(quantile(hundred, 0.99), 99);
  assertEquals(quantile(hundred, 1), 100);
  assertEquals(quantile([5, 6], 0.99), 6);
  assertEquals(quantile([5], 0), 5);
  assertEquals(quantile([], 0.5), NaN);
});
