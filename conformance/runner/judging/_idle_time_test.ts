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
  await useIdleTime({
    most: () => 3,
    start() {
      if (left-- === 0) return void finishAll();
      const { promise, resolve } = Promise.withResolvers<void>();
      numbers.push(running.push(resolve));
      if (running.length === 3) finishAll();
      return promise;
    },
    isOver: () => left < 0,
    isBusy: () => false,
  });
  assertEquals(numbers, [1, 2, 3, 1, 2, 3, 1, 2, 3, 1]);
});

Deno.test("a failure is not lost, although others go on behind it", async () => {
  let started = 0;
  const failure = await assertRejects(() =>
    useIdleTime({
      most: () => 2,
      start() {
        started++;
        return started === 1
          ? Promise.reject(new Error("the first one failed"))
          : Promise.resolve();
      },
      isOver: () => started === 10,
      isBusy: () => false,
    })
  );
  assertEquals((failure as Error).message, "the first one failed");
  assert(started < 10);
});

Deno.test("nothing is started while the implementation is busy, or without room", async () => {
  let looks = 0;
  let started = 0;
  const start = () => {
    started++;
    return undefined;
  };
  const isOver = () => started > 0;
  const most = () => 1;
  await useIdleTime({ most, start, isOver, isBusy: () => ++looks < 3 });
  assertEquals([looks, started], [3, 1]);
  looks = started = 0;
  await useIdleTime({
    most: () => ++looks < 3 ? 0 : 1,
    start,
    isOver,
    isBusy: () => false,
  });
  assertEquals([looks, started], [3, 1]);
});

Deno.test("what there is nothing of at the moment is asked for again", async () => {
  let asked = 0;
  const started: number[] = [];
  await useIdleTime({
    most: () => 1,
    start() {
      if (++asked % 2 === 1) return undefined;
      started.push(asked);
      return Promise.resolve();
    },
    isOver: () => asked >= 4,
    isBusy: () => false,
  });
  assertEquals(started, [2, 4]);
});
