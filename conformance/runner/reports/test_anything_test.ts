import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Parser } from "npm:tap-parser@18.3.4";
import { sampleReport } from "../testing/sample_report.ts";
import { tapReport } from "./test_anything.ts";

Deno.test("TAP is counted by its parser as it is meant", () => {
  const parser = new Parser();
  parser.end(tapReport(sampleReport()));
  const { results } = parser;
  assertEquals(results?.count, 8);
  assertEquals(results?.fail, 5);
  assertEquals(results?.todo, 3);
  assertEquals(results?.skip, 2);
  assertEquals(results?.ok, false);
});

Deno.test("TAP passes if no failure counts", () => {
  const { results } = sampleReport();
  const parser = new Parser();
  parser.end(tapReport(sampleReport({
    results: results.filter(({ verdict, gated }) =>
      !gated || verdict !== "fail" && verdict !== "errored"
    ),
  })));
  assertEquals(parser.results?.ok, true);
});

Deno.test("TAP bails out where a run has ended, and states what was left out", () => {
  const parser = new Parser();
  const bailed: string[] = [];
  parser.on("bailout", (why: string) => bailed.push(why));
  parser.end(tapReport(sampleReport({ interrupted: true, planned: 20 })));
  assertEquals(bailed, ["interrupted after 9 of 20 runs"]);
  assertEquals(parser.results?.ok, false);
  assertMatch(
    tapReport(sampleReport({ leftOut: { cases: 3, of: 8 } })),
    /^# a part of the corpus: 3 of 8 cases /m,
  );
});

Deno.test("TAP describes failures, whatever the texts", () => {
  const text = tapReport(sampleReport({ command: "run --adapter x" }));
  assertStringIncludes(text, "not ok 1 - codec/request/echo\n");
  assertStringIncludes(
    text,
    'again: "run --adapter x --run codec/request/echo/encode"',
  );
  assertStringIncludes(text, 'message: "wrote 15 bytes, wanted 16"');
  assertStringIncludes(text, '- "the bytes r0001004echo00000000"');
  assertStringIncludes(text, "drops answers \\# row 77");
});

Deno.test("exits that no case explains are reported", () => {
  const [pass] = sampleReport().results;
  const exits = { times: 2, last: "it exited with status 2" };
  const text = tapReport(
    sampleReport({ results: [pass!], exits, status: 1 }),
  );
  assertStringIncludes(text, "1..2");
  assertStringIncludes(
    text,
    "not ok 2 - the implementation exited 2 times, and no case",
  );
});
