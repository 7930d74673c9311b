import { assertEquals } from "@std/assert";
import { printed } from "../peer/testing/printed.ts";
import { FailurePrinter } from "./print_failure.ts";

Deno.test("failures are printed up to a burst, then one in a second, which tells how many were not", async () => {
  let now = 0;
  const error = new Error("expected failure");
  const lines = await printed(() => {
    const printer = new FailurePrinter(25, () => now);
    const fail = (name: string, times: number) => {
      for (let each = 0; each < times; each++) printer.print(() => name, error);
    };
    fail("burst", 1000);
    now += 999;
    fail("too early", 1);
    now += 1;
    fail("a second later", 1000);
    now += 60_000;
    fail("a minute later", 1);
    return Promise.resolve();
  });
  assertEquals(lines, [
    ...Array(25).fill(["error", ["burst:", error]]),
    [
      "error",
      ["a second later, after 976 failures that were not printed:", error],
    ],
    [
      "error",
      ["a minute later, after 999 failures that were not printed:", error],
    ],
  ]);
});

Deno.test("a quiet minute allows the burst again", async () => {
  let now = 0;
  const lines = await printed(() => {
    const printer = new FailurePrinter(25, () => now);
    for (let each = 0; each < 100; each++) printer.print(() => "first", each);
    now += 60_000;
    for (let each = 0; each < 100; each++) printer.print(() => "second", each);
    return Promise.resolve();
  });
  assertEquals(lines.length, 50);
});

Deno.test("a failure that is not printed is not described either", async () => {
  let described = 0;
  await printed(() => {
    const printer = new FailurePrinter(25, () => 0);
    for (let each = 0; each < 100; each++) {
      printer.print(() => `${++described}`, undefined);
    }
    return Promise.resolve();
  });
  assertEquals(described, 25);
});
