import { assert, assertEquals } from "@std/assert";
import { systemClock } from "./clock.ts";

Deno.test("the system clock runs a scheduled callback unless it is cancelled", async () => {
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

Deno.test("the system clock does not treat a delay beyond the platform's maximum as 0", async () => {
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
