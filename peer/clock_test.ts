import { assert, assertEquals } from "@std/assert";
import { systemClock } from "./clock.ts";

Deno.test("the clock of the machine calls back, and can be told not to", async () => {
  const called: string[] = [];
  const cancelled = systemClock.schedule(() => called.push("cancelled"), 0);
  systemClock.cancel(cancelled);
  const before = systemClock.now();
  await new Promise<void>((resolve) => {
    systemClock.schedule(resolve, 1);
  });
  assert(systemClock.now() > before);
  assert(Math.abs(systemClock.date() - Date.now()) < 1000);
  assertEquals(called, []);
});

Deno.test("a delay beyond what a timer can hold is not taken for none", async () => {
  const called: string[] = [];
  const timers = [2 ** 31, 0xffffffff, Infinity].map((delay) =>
    systemClock.schedule(() => called.push(`${delay}`), delay)
  );
  await new Promise<void>((resolve) => {
    systemClock.schedule(resolve, 5);
  });
  for (const timer of timers) systemClock.cancel(timer);
  assertEquals(called, []);
});
