import { assert, assertEquals, assertRejects } from "@std/assert";
import { useIdleTime } from "./_idle_time.ts";

Deno.test("idle time is filled, up to a number, until nothing is left", async () => {
  let left = 10;
  let running: (() => void)[] = [];
  const numbers: number[] = [];
  const finishAll = () => {
    for (const finish of running) finish();
    running = [];
  };
  await useIdleTime(3, {
    start() {
      if (left-- === 0) return void finishAll();
      const { promise, resolve } = Promise.withResolvers<void>();
      numbers.push(running.push(resolve));
      if (running.length === 3) finishAll();
      return promise;
    },
    isBusy: () => false,
  });
  assertEquals(numbers, [1, 2, 3, 1, 2, 3, 1, 2, 3, 1]);
});

Deno.test("a failure is not lost, although others go on behind it", async () => {
  let started = 0;
  const failure = await assertRejects(() =>
    useIdleTime(2, {
      start() {
        started++;
        return started === 1
          ? Promise.reject(new Error("the first one failed"))
          : started < 10
          ? Promise.resolve()
          : undefined;
      },
      isBusy: () => false,
    })
  );
  assertEquals((failure as Error).message, "the first one failed");
  assert(started < 10);
});

Deno.test("nothing is started while the implementation is busy, or with no room", async () => {
  let looks = 0;
  let started = 0;
  const start = () => {
    started++;
    return undefined;
  };
  await useIdleTime(1, { start, isBusy: () => ++looks < 3 });
  assertEquals([looks, started], [3, 1]);
  await useIdleTime(0, { start, isBusy: () => false });
  assertEquals(started, 1);
});
