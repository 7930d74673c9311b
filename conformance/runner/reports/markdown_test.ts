import { assertEquals, assertStringIncludes } from "@std/assert";
import { sampleReport } from "../testing/sample_report.ts";
import { markdownReport } from "./markdown.ts";

Deno.test("Markdown has a row for each suite and level", () => {
  const rows = markdownReport(sampleReport()).split("\n")
    .filter((line) => line.startsWith("|"));
  assertEquals(rows, [
    "| suite | level | pass | weak | not-applicable | skipped | known | flaky | errored | fail |",
    "| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: |",
    "| codec | must | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 1 |",
    "| codec | should | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 1 |",
    "| session | must | 0 | 1 | 1 | 1 | 1 | 1 | 1 | 0 |",
    "| all |  | 0 | 1 | 1 | 1 | 1 | 1 | 1 | 2 |",
  ]);
});

Deno.test("Markdown lists failures that count, stale entries and coverage", () => {
  const text = markdownReport(sampleReport({ command: "run --adapter x" }));
  assertStringIncludes(text, "**not as expected.**");
  assertStringIncludes(
    text,
    `- \`codec/request/echo\`: Something about echo holds
  - wanted: the bytes r0001004echo00000000
  - but: wrote 15 bytes, wanted 16
  - run: \`codec/request/echo/encode\`
  - again: \`run --adapter x --run codec/request/echo/encode\``,
  );
  assertEquals(text.includes("upper case"), false);
  assertStringIncludes(text, "- `session/gone`");
  assertStringIncludes(text, "1 of 2 statements");
});

Deno.test("Markdown states what is missing from the whole corpus", () => {
  const text = markdownReport(
    sampleReport({
      leftOut: { cases: 3, of: 8 },
      planned: 20,
      corpus: { version: "1.0.0", own: true },
    }),
  );
  for (
    const why of [
      "ended at the first failure, after 9 of 20 runs",
      "3 of 8 cases that apply at level must were left out, in some or all of their runs",
      "own cases in place of the corpus",
    ]
  ) assertStringIncludes(text, `**A part of the corpus:** ${why}.\n`);
  assertStringIncludes(text, ", own cases in the form of corpus 1.0.0, level ");
});

Deno.test("Markdown lists each failed case once, with its other failed runs", () => {
  const [, failed] = sampleReport().results;
  const runs = ["over:tcp", "over:websocket"]
    .map((way) => ({ ...failed!, name: `${failed!.id}/${way}` }));
  const text = markdownReport(sampleReport({ results: runs }));
  assertEquals(text.match(/^- `codec/gm)?.length, 1);
  assertStringIncludes(text, "also over:websocket");
});

Deno.test("Markdown says what else is not as expected", () => {
  const unreached = sampleReport().results.slice(3, 4).map((result) => ({
    ...result,
    unreached: true as const,
  }));
  const text = markdownReport(sampleReport({
    results: unreached,
    status: 3,
    preflight: [{
      role: "acceptor",
      over: "tcp",
      stage: "connect",
      reason: "connection refused",
      trace: [],
      cases: 1,
    }],
    unmet: { cases: 2, judged: 1, missing: ["session/call/echo"] },
  }));
  assertStringIncludes(text, "**nothing was judged.**");
  assertStringIncludes(
    text,
    "acceptor over tcp: connection refused, so 1 case",
  );
  assertStringIncludes(text, "1 of 2 expected cases were judged");
  assertStringIncludes(text, "- `session/call/echo`");
  assertEquals(text.includes("Failed cases"), false);
  assertStringIncludes(
    markdownReport(sampleReport({ interrupted: true, status: 130 })),
    "**interrupted.**",
  );
});

Deno.test("exits that no case explains are reported", () => {
  const [pass] = sampleReport().results;
  const exits = { times: 2, last: "it exited with status 2" };
  const text = markdownReport(
    sampleReport({ results: [pass!], exits, status: 1 }),
  );
  assertStringIncludes(text, "## Exits");
  assertStringIncludes(text, "the last time: it exited with status 2");
});
