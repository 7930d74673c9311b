import { assertEquals } from "@std/assert";
import { median, quantile } from "./statistics.ts";

Deno.test("the median is the middle figure, or the mean of the middle two", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([10, 1, 4, 2]), 3);
  assertEquals(median([7]), 7);
  assertEquals(median([]), NaN);
});

Deno.test("a quantile is the smallest figure that the given fraction does not exceed", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  assertEquals(quantile(hundred, 0.5), 50);
  assertEquals(quantile(hundred, 0.99), 99);
  assertEquals(quantile(hundred, 1), 100);
  assertEquals(quantile([5, 6], 0.99), 6);
  assertEquals(quantile([5], 0), 5);
  assertEquals(quantile([], 0.5), NaN);
});
