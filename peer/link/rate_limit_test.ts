import { assertEquals } from "@std/assert";
import { RateLimit } from "./rate_limit.ts";
import { VirtualClock } from "../testing/virtual_clock.ts";

/** Takes all tokens and returns their number. */
function count(limit: RateLimit): number {
  let taken = 0;
  while (taken < 100_000 && limit.take()) taken++;
  return taken;
}

Deno.test("a rate limit allows a burst, then a sustained rate", async () => {
  const clock = new VirtualClock();
  const limit = new RateLimit(clock, 100, 10);
  assertEquals(count(limit), 100);
  await clock.advance(1000);
  assertEquals(count(limit), 10);
  await clock.advance(50);
  assertEquals(count(limit), 0);
  await clock.advance(50);
  assertEquals(count(limit), 1);
});

Deno.test("a rate limit saves up no more than one burst", async () => {
  const clock = new VirtualClock();
  const limit = new RateLimit(clock, 100, 10);
  assertEquals(count(limit), 100);
  await clock.advance(1e9);
  assertEquals(count(limit), 100);
});

Deno.test("a rate limit that is not exceeded refills over time", async () => {
  const clock = new VirtualClock();
  const limit = new RateLimit(clock, 10, 1);
  for (let second = 0; second < 100; second++) {
    assertEquals(limit.take(), true);
    await clock.advance(1000);
  }
});

Deno.test("Infinity turns a rate limit off", () => {
  for (const [burst, rate] of [[Infinity, 1], [1, Infinity]] as const) {
    const limit = new RateLimit(new VirtualClock(), burst, rate);
    assertEquals(count(limit), 100_000);
  }
});
