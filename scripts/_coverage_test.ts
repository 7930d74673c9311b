import { assertEquals, assertMatch } from "@std/assert";
import { coverageOf, judgeCoverage } from "./_coverage.ts";

Deno.test("coverage is summed up over all files", () => {
  const lcov = `SF:/a.ts
DA:1,1
BRF:4
BRH:3
LF:10
LH:9
end_of_record
SF:/b.ts
LF:30
LH:30
end_of_record
`;
  assertEquals(coverageOf(lcov), { lines: 97.5, branches: 75 });
  assertEquals(coverageOf(""), { lines: 100, branches: 100 });
});

Deno.test("coverage below either threshold fails", () => {
  const measured = { lines: 97.56, branches: 75 };
  const judge = (lines: number, branches: number) =>
    judgeCoverage(measured, { lines, branches });
  assertEquals(judge(97.5, 75), {
    success: true,
    text: "lines 97.5 % of 97.5 %, branches 75 % of 75 %",
  });
  assertEquals(judge(97.6, 75).success, false);
  assertEquals(judge(97.5, 75.1).success, false);
  assertMatch(judge(98, 76).text, /^lines 97\.5 % of 98 %/);
});
