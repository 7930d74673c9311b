import { assertEquals } from "@std/assert";
import type { Contender } from "./_contenders.ts";
import { GOALS } from "./_goals.ts";
import type { Result } from "./_measure.ts";
import { lines, table } from "./_report.ts";
import { SCENARIOS } from "./_scenarios.ts";

const MB = 1e6;

Deno.test("the table shows figures, ratios and whether goals are met", () => {
  const results = [
    result("upload", "gotalk", 1_234.5, 100),
    result("upload", "raw", 2_000, 10),
    result("calls-1MiB-1", "gotalk", 700, 10),
    result("calls-1MiB-1", "raw", 1_000, 10),
  ];
  assertEquals(
    table(results, GOALS, { memory: false }).split("\n"),
    [
      "scenario                     unit  gotalk    raw  × raw  goals",
      "calls 1 MiB, 1 in flight     1/s      700  1,000    0.7  P5 ≥ 0.7 × raw: met at 0.7",
      "upload 1 GiB, 64 KiB chunks  MB/s   1,230  2,000  0.617  P6 ≥ 0.6 × raw: met at 0.617",
      "                                                         P6 ≤ 64 MB over idle: not met at 90",
    ],
  );
});

Deno.test("the table shows the memory of client and server on request", () => {
  const results = [
    result("download", "gotalk", 500, 60),
    result("download", "go", 250, 20),
  ];
  assertEquals(
    table(results, [], { memory: true }).split("\n"),
    [
      "scenario                       unit  gotalk   go  × go  gotalk MB  go MB  goals",
      "download 1 GiB, 64 KiB chunks  MB/s     500  250     2      60/40  20/40",
    ],
  );
});

Deno.test("a goal is omitted if a result that it compares with was not measured", () => {
  const [line] = lines([result("calls-16B-1024", "gotalk", 1, 10)], GOALS);
  assertEquals(line!.ratios, {});
  assertEquals(line!.goals, []);
});

Deno.test("every goal appears in exactly one line", () => {
  const contenders = ["gotalk", "raw", "go"] as const;
  const results = SCENARIOS.flatMap(({ name }) =>
    contenders.map((contender) => result(name, contender, 1, 10))
  );
  const shown = lines(results, GOALS).flatMap(({ goals }) => goals);
  assertEquals(shown.length, GOALS.length);
});

/**
 * Returns a result whose figures all have the same value; `peak` is the
 * client's peak memory in MB.
 */
function result(
  scenario: string,
  contender: Contender,
  figure: number,
  peak: number,
): Result {
  const rows = SCENARIOS.find(({ name }) => name === scenario)!.rows;
  const figures = Object.fromEntries(rows.map((row) => [row.figure, figure]));
  return {
    scenario,
    contender,
    figures,
    rounds: [figures],
    client: { start: 10 * MB, idle: 10 * MB, peak: peak * MB },
    server: { start: 10 * MB, idle: 10 * MB, peak: 40 * MB },
  };
}
