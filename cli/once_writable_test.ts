import { assertEquals, assertThrows } from "@std/assert";
import { onceWritable } from "./_once_writable.ts";

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

Deno.test("output in Node waits while a pipe is full, and uses no time meanwhile", () => {
  const waits: number[] = [];
  let attempts = 0;
  const count = onceWritable(() => {
    if (++attempts <= 8) throw failure("EAGAIN");
    return 5;
  }, (time) => waits.push(time));
  assertEquals(count, 5);
  assertEquals(waits, [1, 2, 4, 8, 16, 32, 50, 50]);
});

Deno.test("output in Node fails at once if nobody reads it", () => {
  assertThrows(
    () =>
      onceWritable(() => {
        throw failure("EPIPE");
      }, () => {
        throw new Error("it waits");
      }),
    Error,
    "EPIPE",
  );
});
