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

Deno.test("the shortest wait ends first, although others began before it", async () => {
  const ends: string[] = [];
  const long = waiting(60_000, "long", ends);
  await waiting(1, "short", ends).over;
  const ended = waiting(1, "ended", ends);
  ended.end();
  await waiting(2, "shorter", ends).over;
  await waiting(0, "at once", ends).over;
  assertEquals(ends, [
    "short is too late",
    "shorter is too late",
    "at once is too late",
  ]);
  // Else its timer would be left, and found by the test.
  long.end();
});

Deno.test("a signal ends the waits that have it, and no others", async () => {
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
