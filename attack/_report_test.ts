import { assertEquals } from "@std/assert";
import type { Outcome } from "./_measure.ts";
import { misses } from "./_report.ts";

const MIB = 1024 * 1024;

const GOOD: Outcome = {
  attack: "echo",
  target: "tcp",
  memory: { before: 50 * MIB, peak: 305 * MIB, after: 60 * MIB },
  files: { before: 24, peak: 124, after: 26 },
  latency: { median: 1, p99: 50, max: 90 },
  control: { median: 1, p99: 2, max: 3 },
  count: { connections: 100, ended: 0 },
  exception: undefined,
  failure: undefined,
};

Deno.test("an outcome within every limit misses nothing", () => {
  assertEquals(misses(GOOD), []);
  const slow = { median: 1, p99: 51, max: 90 };
  // Slow beside a plain server that is slow as well, and beside none.
  const alike = { ...GOOD, latency: slow, control: { ...slow, p99: 17 } };
  assertEquals(misses(alike), []);
  assertEquals(misses({ ...GOOD, latency: slow, control: undefined }), []);
});

Deno.test("each limit that an outcome exceeds is named", () => {
  const { memory, files, latency } = GOOD;
  const cases: [Partial<Outcome>, string][] = [
    [{ memory: { ...memory, peak: 306 * MIB } }, "memory"],
    [{ files: { ...files, after: 27 } }, "3 files open"],
    [{ latency: { ...latency, p99: 51 } }, "slow"],
    [{ latency: { median: NaN, p99: NaN, max: NaN } }, "no call was answered"],
    [{ failure: "the server ended" }, "the server ended"],
    [
      {
        memory: { ...memory, peak: 434 * MIB },
        exception: { most: 384 * MIB, why: "the budget is full" },
      },
      "memory",
    ],
  ];
  for (const [change, missed] of cases) {
    assertEquals(misses({ ...GOOD, ...change }), [missed]);
  }
});

Deno.test("an exception bounds the growth of memory in place of the goal", () => {
  const memory = { ...GOOD.memory, peak: 433 * MIB };
  const exception = { most: 384 * MIB, why: "the budget is full" };
  assertEquals(misses({ ...GOOD, memory, exception }), []);
});
