import { assertEquals } from "@std/assert";
import { bounded } from "./bounded.ts";

/** Waits, and records how the waiting ends. */
function waiting(
  ms: number,
  name: string,
  ends: string[],
  signal?: AbortSignal,
): { readonly over: Promise<void>; readonly end: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const record = (how: string) => {
    ends.push(`${name} ${how}`);
    resolve();
  };
  const end = bounded(
    ms,
    () => record("is too late"),
    (reason) => record(`is over: ${reason}`),
    signal,
  );
  return { over: promise, end };
}

Deno.test("all who wait are called in the order of their times, whoever waits first", async () => {
  const ends: string[] = [];
  const all = [
    waiting(30, "c", ends),
    waiting(1, "a", ends),
    waiting(15, "b", ends),
  ];
  const none = waiting(5, "ended", ends);
  none.end();
  await Promise.all(all.map(({ over }) => over));
  assertEquals(ends, ["a is too late", "b is too late", "c is too late"]);
  // A timer would be left, and found by the test.
  const again = waiting(60_000, "again", ends);
  again.end();
});

Deno.test("a signal ends the waiting of those who wait with it, and of nobody else", async () => {
  const ends: string[] = [];
  const controller = new AbortController();
  const { signal } = controller;
  const early = waiting(1, "early", ends, signal);
  const ended = waiting(60_000, "ended", ends, signal);
  const late = [
    waiting(60_000, "a", ends, signal),
    waiting(60_000, "b", ends, signal),
  ];
  const other = waiting(60_000, "other", ends, new AbortController().signal);
  ended.end();
  await early.over;
  controller.abort("enough");
  await Promise.all(late.map(({ over }) => over));
  waiting(60_000, "too late", ends, signal);
  assertEquals(ends, [
    "early is too late",
    "a is over: enough",
    "b is over: enough",
    "too late is over: enough",
  ]);
  other.end();
});
