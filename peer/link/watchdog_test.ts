import { assertEquals } from "@std/assert";
import { Deadline } from "./watchdog.ts";
import { VirtualClock } from "../testing/virtual_clock.ts";

/** A deadline, its clock, and when it expired. */
function deadline(): {
  clock: VirtualClock;
  deadline: Deadline;
  expired: number[];
} {
  const clock = new VirtualClock();
  const expired: number[] = [];
  return {
    clock,
    expired,
    deadline: new Deadline(clock, () => expired.push(clock.now())),
  };
}

Deno.test("a deadline expires once, when it was not put off", async () => {
  const { clock, deadline: due, expired } = deadline();
  due.extend(100);
  await clock.advance(99);
  assertEquals(expired, []);
  await clock.advance(1000);
  assertEquals(expired, [100]);
  assertEquals(clock.timers, 0);
});

Deno.test("putting it off takes one timer, however often", async () => {
  const { clock, deadline: due, expired } = deadline();
  for (let round = 0; round < 50; round++) {
    due.extend(100);
    await clock.advance(10);
    assertEquals(clock.timers, 1);
  }
  await clock.advance(1000);
  assertEquals(expired, [590]);
});

Deno.test("it can be brought forward", async () => {
  const { clock, deadline: due, expired } = deadline();
  due.extend(1000);
  due.extend(10);
  assertEquals(clock.timers, 1);
  await clock.advance(2000);
  assertEquals(expired, [10]);
});

Deno.test("it can be suspended, cleared and set again", async () => {
  const { clock, deadline: due, expired } = deadline();
  due.extend(100);
  due.suspend();
  await clock.advance(1000);
  assertEquals([expired, clock.timers], [[], 0]);
  due.extend(100);
  due.clear();
  assertEquals(clock.timers, 0);
  await clock.advance(1000);
  due.extend(100);
  await clock.advance(100);
  assertEquals(expired, [2100]);
});

Deno.test("Infinity is never, and leaves no timer", async () => {
  const { clock, deadline: due, expired } = deadline();
  due.extend(Infinity);
  assertEquals(clock.timers, 0);
  due.extend(100);
  due.extend(Infinity);
  await clock.advance(1000);
  assertEquals([expired, clock.timers], [[], 0]);
});

Deno.test("when its timer fires late, it looks once more before it expires", async () => {
  const { clock, deadline: due, expired } = deadline();
  due.extend(100);
  await clock.oversleep(5000);
  assertEquals(expired, []);
  due.extend(100);
  await clock.advance(100);
  assertEquals(expired, [5100]);
});

Deno.test("it expires in the end, even if every timer is late", async () => {
  const { clock, deadline: due, expired } = deadline();
  due.extend(100);
  await clock.oversleep(60_000);
  await clock.oversleep(60_000);
  assertEquals(expired, [120_000]);
});

Deno.test("a timer that is a little late is as good as one in time", async () => {
  const { clock, deadline: due, expired } = deadline();
  due.extend(100);
  await clock.oversleep(1000);
  assertEquals(expired, [1000]);
});

Deno.test("it can be extended from within its own expiry", async () => {
  const clock = new VirtualClock();
  const expired: number[] = [];
  const due: Deadline = new Deadline(clock, () => {
    expired.push(clock.now());
    due.extend(50);
  });
  due.extend(100);
  await clock.advance(210);
  assertEquals(expired, [100, 150, 200]);
});
