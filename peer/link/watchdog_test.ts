import { assertEquals } from "@std/assert";
import { Watchdog } from "./watchdog.ts";
import { VirtualClock } from "../testing/virtual_clock.ts";

/** A watchdog, its clock, and when it expired. */
function watchdog(): {
  clock: VirtualClock;
  watchdog: Watchdog;
  expired: number[];
} {
  const clock = new VirtualClock();
  const expired: number[] = [];
  return {
    clock,
    expired,
    watchdog: new Watchdog(clock, () => expired.push(clock.now())),
  };
}

Deno.test("a watchdog expires once if it is not reset", async () => {
  const { clock, watchdog: due, expired } = watchdog();
  due.reset(100);
  await clock.advance(99);
  assertEquals(expired, []);
  await clock.advance(1000);
  assertEquals(expired, [100]);
  assertEquals(clock.timers, 0);
});

Deno.test("a watchdog that is reset often uses one timer", async () => {
  const { clock, watchdog: due, expired } = watchdog();
  for (let round = 0; round < 50; round++) {
    due.reset(100);
    await clock.advance(10);
    assertEquals(clock.timers, 1);
  }
  await clock.advance(1000);
  assertEquals(expired, [590]);
});

Deno.test("a watchdog can be reset to an earlier time", async () => {
  const { clock, watchdog: due, expired } = watchdog();
  due.reset(1000);
  due.reset(10);
  assertEquals(clock.timers, 1);
  await clock.advance(2000);
  assertEquals(expired, [10]);
});

Deno.test("a watchdog can be suspended, stopped and reset", async () => {
  const { clock, watchdog: due, expired } = watchdog();
  due.reset(100);
  due.suspend();
  await clock.advance(1000);
  assertEquals([expired, clock.timers], [[], 0]);
  due.reset(100);
  due.stop();
  assertEquals(clock.timers, 0);
  await clock.advance(1000);
  due.reset(100);
  await clock.advance(100);
  assertEquals(expired, [2100]);
});

Deno.test("a watchdog tells the time that is left, unless it is suspended", async () => {
  const { clock, watchdog: due, expired } = watchdog();
  assertEquals(due.left, Infinity);
  due.reset(100);
  await clock.advance(40);
  const { left } = due;
  due.suspend();
  assertEquals([left, due.left], [60, Infinity]);
  await clock.advance(1000);
  due.reset(left);
  await clock.advance(60);
  assertEquals(expired, [1100]);
});

Deno.test("a watchdog with a delay of Infinity never expires and leaves no timer", async () => {
  const { clock, watchdog: due, expired } = watchdog();
  due.reset(Infinity);
  assertEquals(clock.timers, 0);
  due.reset(100);
  due.reset(Infinity);
  await clock.advance(1000);
  assertEquals([expired, clock.timers], [[], 0]);
});

Deno.test("a watchdog whose timer fires late waits once more", async () => {
  const { clock, watchdog: due, expired } = watchdog();
  due.reset(100);
  await clock.stall(5000);
  assertEquals(expired, []);
  due.reset(100);
  await clock.advance(100);
  assertEquals(expired, [5100]);
});

Deno.test("a watchdog expires even if every timer fires late", async () => {
  const { clock, watchdog: due, expired } = watchdog();
  due.reset(100);
  await clock.stall(60_000);
  await clock.stall(60_000);
  assertEquals(expired, [120_000]);
});

Deno.test("a watchdog tolerates a timer that is a little late", async () => {
  const { clock, watchdog: due, expired } = watchdog();
  due.reset(100);
  await clock.stall(1000);
  assertEquals(expired, [1000]);
});

Deno.test("a watchdog can be reset while it expires", async () => {
  const clock = new VirtualClock();
  const expired: number[] = [];
  const due: Watchdog = new Watchdog(clock, () => {
    expired.push(clock.now());
    due.reset(50);
  });
  due.reset(100);
  await clock.advance(210);
  assertEquals(expired, [100, 150, 200]);
});

Deno.test("a watchdog waits once more after each stall, not only after the first", async () => {
  const { clock, watchdog: due, expired } = watchdog();
  for (let stall = 0; stall < 3; stall++) {
    due.reset(100);
    await clock.stall(5000);
    assertEquals(expired, []);
  }
  await clock.advance(1000);
  assertEquals(expired.length, 1);
});
