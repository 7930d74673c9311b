import { assertEquals, assertStringIncludes } from "@std/assert";
import { sampleReport } from "../testing/sample_report.ts";
import { markdownReport } from "./markdown.ts";

Deno.test("Markdown has a row for each suite and level", () => {
  const rows = markdownReport(sampleReport()).split("\n")
    .filter((line) => line.startsWith("|"));
  assertEquals(rows, [
    "| suite | level | pass | weak | not-applicable | skipped | known | flaky | errored | fail |",
    "| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: |",
    "| codec | must | 1 | 0 | 0 | 0 | 0 | 0 | 0 | 1 |",
    "| codec | should | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 1 |",
    "| session | must | 0 | 1 | 1 | 1 | 1 | 1 | 1 | 0 |",
    "| all |  | 1 | 1 | 1 | 1 | 1 | 1 | 1 | 2 |",
  ]);
});

Deno.test("Markdown lists failures that count, stale entries and coverage", () => {
  const text = markdownReport(sampleReport());
  assertStringIncludes(text, "**not as expected.**");
  assertStringIncludes(text, "- `codec/request/echo/encode`: Something");
  assertEquals(text.includes("upper case"), false);
  assertStringIncludes(text, "- `session/gone`");
  assertStringIncludes(text, "1 of 2 statements");
});
