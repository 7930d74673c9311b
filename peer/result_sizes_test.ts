import { assertEquals } from "@std/assert";
import { ResultSizes } from "./result_sizes.ts";

Deno.test("the size of a result to be expected is the mean of the last ones, and nothing for small ones", () => {
  const sizes = new ResultSizes();
  sizes.record("small", 16_383);
  sizes.record("large", 800_000);
  assertEquals([sizes.expected("small"), sizes.expected("large")], [
    0,
    800_000,
  ]);
  sizes.record("large", 0);
  assertEquals(sizes.expected("large"), 700_000);
  for (let time = 0; time < 50; time++) sizes.record("large", 100);
  assertEquals(sizes.expected("large"), 0);
});

Deno.test("the sizes of the latest 16 operations are remembered", () => {
  const sizes = new ResultSizes();
  for (let n = 0; n < 16; n++) sizes.record(`operation ${n}`, 100_000);
  sizes.record("operation 0", 100_000);
  sizes.record("another", 100_000);
  assertEquals(
    ["operation 0", "operation 1", "another"].map((operation) =>
      sizes.expected(operation)
    ),
    [100_000, 0, 100_000],
  );
});
