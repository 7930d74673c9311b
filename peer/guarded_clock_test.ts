import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { type Clock, systemClock } from "./clock.ts";
import { guardedClock } from "./guarded_clock.ts";
import { settled, VirtualClock } from "./testing/virtual_clock.ts";

/** A guarded clock of the application, and the failures that it reports. */
function guarded(clock: object): { clock: Clock; failures: unknown[] } {
  const failures: unknown[] = [];
  return {
    clock: guardedClock(Object.assign(new VirtualClock(), clock), {
      hookFailed: (hook, error) => {
        assertEquals(hook, "clock");
        failures.push(error);
      },
    }),
    failures,
  };
}

const BROKEN = new Error("broken");
const fail = () => {
  throw BROKEN;
};

/** Resolves when a timer of a clock fires. */
function fired(clock: Clock): Promise<void> {
  return new Promise((resolve) => void clock.schedule(resolve, 1));
}

Deno.test("a guarded clock is the application's, or else that of the system", async () => {
  const failures = { hookFailed: fail };
  assertStrictEquals(guardedClock(undefined, failures), systemClock);
  assertStrictEquals(guardedClock(systemClock, failures), systemClock);
  const virtual = new VirtualClock();
  const clock = guardedClock(virtual, failures);
  let fired = 0;
  clock.schedule(() => fired++, 5);
  clock.cancel(clock.schedule(() => fired++, 5));
  await virtual.advance(5);
  assertEquals([fired, clock.now(), virtual.timers], [1, 5, 0]);
  assertEquals(clock.date(), virtual.date());
});

Deno.test("where the application's clock fails to tell the time, time stands still or is the system's, and the failure is reported", async () => {
  let now: unknown = 7;
  const { clock, failures } = guarded({ now: () => now, date: fail });
  assertEquals(clock.now(), 7);
  for (const wrong of [NaN, "8", undefined, Promise.reject(BROKEN)]) {
    now = wrong;
    assertEquals(clock.now(), 7);
  }
  // It does not go back either.
  now = 3;
  assertEquals(clock.now(), 7);
  await settled();
  // The promise is reported once for what it is, and once for what it fails with.
  assertEquals(failures.length, 5);
  assert(failures.includes(BROKEN));
  assert(Math.abs(clock.date() - Date.now()) < 60_000);
  assertStrictEquals(failures[5], BROKEN);
});

Deno.test("a timer that the application's clock fails to schedule is one of the system", async () => {
  const ways = [fail, () => Promise.reject(BROKEN)];
  for (const schedule of ways) {
    const { clock, failures } = guarded({ schedule });
    await fired(clock);
    assertEquals(failures, [BROKEN]);
    let late = 0;
    // Cancelled before the failure is known, or after it.
    clock.cancel(clock.schedule(() => late++, 0));
    const timer = clock.schedule(() => late++, 0);
    await Promise.resolve();
    clock.cancel(timer);
    await fired(clock);
    await fired(clock);
    assertEquals(late, 0);
  }
});

Deno.test("a timer that the application's clock schedules later can be cancelled at any time", async () => {
  const cancelled: unknown[] = [];
  const { clock, failures } = guarded({
    schedule: () => Promise.resolve("timer"),
    cancel: (timer: unknown) => void cancelled.push(timer),
  });
  clock.cancel(clock.schedule(() => {}, 0));
  await settled();
  assertEquals(cancelled.at(-1), "timer");
  cancelled.length = 0;
  const timer = clock.schedule(() => {}, 0);
  await settled();
  clock.cancel(timer);
  assertEquals([cancelled, failures], [["timer"], []]);
});

Deno.test("an application's clock that fails to cancel is reported", async () => {
  for (const cancel of [fail, () => Promise.reject(BROKEN)]) {
    const { clock, failures } = guarded({ cancel });
    clock.cancel(clock.schedule(() => {}, 0));
    await settled();
    assertEquals(failures, [BROKEN]);
  }
});
