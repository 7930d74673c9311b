import { assertEquals } from "@std/assert";
import { ReplacementDelay } from "./_replacement_delay.ts";

Deno.test("a worker is replaced at once, then later and later while replacements fail soon", () => {
  const delay = new ReplacementDelay();
  const delays = [];
  let now = 0;
  for (let failures = 0; failures < 11; failures++) {
    const next = delay.next(now);
    delays.push(next);
    // Each replacement serves for 50 ms.
    now += next + 50;
  }
  assertEquals(
    delays,
    [0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000],
  );
  assertEquals(delay.next(now + 10_000), 0);
});

Deno.test("workers that fail together are replaced one after the other", () => {
  const delay = new ReplacementDelay();
  assertEquals([1, 1, 1].map((now) => delay.next(now)), [0, 100, 200]);
});
