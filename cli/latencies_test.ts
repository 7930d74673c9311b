import { assertEquals } from "@std/assert";
import { milliseconds } from "./duration.ts";
import { Latencies } from "./latencies.ts";

Deno.test("percentiles are times that were added", () => {
  const latencies = new Latencies();
  assertEquals(latencies.summary(), undefined);
  for (let time = 2_000; time > 0; time--) latencies.add(time);
  assertEquals(latencies.summary(), {
    count: 2_000,
    min: 1,
    mean: 1000.5,
    p50: 1_000,
    p90: 1_800,
    p99: 1_980,
    "p99.9": 1_998,
    max: 2_000,
  });
});

Deno.test("a histogram has a row for each range, empty ones between them too", () => {
  const latencies = new Latencies();
  for (const time of [0.1, 0.15, 0.15, 0.15, 1, 0]) latencies.add(time);
  const lines = latencies.histogram(60);
  assertEquals(lines[0], "     1 µs – 2 µs        16.7 % ███████");
  const of = (range: string) => lines.find((line) => line.includes(range));
  assertEquals(of("100 µs – 200 µs")!.length <= 60, true);
  assertEquals(of("200 µs – 500 µs"), "   200 µs – 500 µs       0.0 %");
  assertEquals(of(" 1 ms –")?.includes("16.7 %"), true);
  assertEquals(lines.length, 10);
});

Deno.test("times have units", () => {
  assertEquals(
    [0.0851, 0.9994, 0.99951, 1.2345, 999.4, 1234.5].map(milliseconds),
    ["85.1 µs", "999 µs", "1 ms", "1.23 ms", "999 ms", "1.23 s"],
  );
});
