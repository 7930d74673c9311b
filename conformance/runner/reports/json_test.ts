import { assertEquals } from "@std/assert";
import { loadValidators } from "../cases/json_schema.ts";
import { run } from "../judging/run.ts";
import {
  CodecImplementation,
  SMALL_CORPUS,
} from "../testing/codec_implementation.ts";
import { sampleReport } from "../testing/sample_report.ts";
import { badgeReport, casesReport, jsonReport } from "./json.ts";

Deno.test("JSON is the report, and matches its schema", async () => {
  const report = await run(() => new CodecImplementation(), {
    corpus: SMALL_CORPUS,
    trace: true,
  });
  const validate = (await loadValidators())("report");
  for (const each of [report, sampleReport()]) {
    const read = JSON.parse(jsonReport(each));
    assertEquals(read, each);
    assertEquals(validate(read), []);
  }
});

Deno.test("a badge counts the cases that count", () => {
  assertEquals(JSON.parse(badgeReport(sampleReport())), {
    schemaVersion: 1,
    label: "gotalk conformance 1.0.0",
    message: "1 of 5 cases at level must, 1 skipped",
    color: "red",
  });
  const good = sampleReport().results.slice(0, 1);
  assertEquals(
    JSON.parse(badgeReport(sampleReport({ results: good }))).color,
    "brightgreen",
  );
});

Deno.test("a badge is never green if nothing was judged, or not everything", () => {
  const idle = sampleReport().results.slice(-2);
  const { message, color } = JSON.parse(
    badgeReport(sampleReport({ results: idle, status: 3 })),
  );
  assertEquals([message, color], ["nothing judged", "lightgrey"]);
  const part = sampleReport({
    results: sampleReport().results.slice(0, 1),
    interrupted: true,
    status: 130,
  });
  assertEquals(JSON.parse(badgeReport(part)).color, "lightgrey");
});

Deno.test("a badge says what was left out, and is not green then", () => {
  const badge = (changes: Parameters<typeof sampleReport>[0]) => {
    const { message, color } = JSON.parse(badgeReport(sampleReport(changes)));
    return [message, color];
  };
  const [pass, ...others] = sampleReport().results;
  const results = [pass!];
  const leftOut = { cases: 9, of: 10 };
  assertEquals(badge({ results, leftOut }), [
    "1 of 1 cases at level must, 9 left out",
    "lightgrey",
  ]);
  assertEquals(badge({ results: [pass!, others.at(-1)!] }), [
    "1 of 1 cases at level must, 1 skipped",
    "yellow",
  ]);
  assertEquals(badge({ results, planned: 7, interrupted: true }), [
    "1 of 1 cases at level must, interrupted after 1 of 7 runs",
    "lightgrey",
  ]);
  assertEquals(badge({ results: [pass!, others[0]!], planned: 7, leftOut }), [
    "0 of 1 cases at level must, 9 left out, ended at the first failure, after 2 of 7 runs",
    "red",
  ]);
  const own = sampleReport({
    results,
    corpus: { version: "1.0.0", own: true },
  });
  const { label, color } = JSON.parse(badgeReport(own));
  assertEquals([label, color], [
    "gotalk conformance with own cases",
    "lightgrey",
  ]);
});

Deno.test("a list of cases has those that were judged", () => {
  assertEquals(casesReport(sampleReport()).split("\n"), [
    "codec/request/echo",
    "codec/request/echo/encode",
    "codec/request/other/encode",
    "session/call/weak/role:acceptor/over:tcp",
    "session/close/known/role:acceptor/over:tcp",
    "session/close/flaky/role:acceptor/over:tcp",
    "",
  ]);
});

Deno.test("a list of cases states what is missing from the whole corpus", () => {
  const [head, second] = casesReport(sampleReport({
    interrupted: true,
    planned: 20,
    leftOut: { cases: 3, of: 8 },
  })).split("\n");
  assertEquals([head, second], [
    "# incomplete: interrupted after 9 of 20 runs",
    "# a part of the corpus: 3 of 8 cases that apply at level must were left out, in some or all of their runs",
  ]);
});

Deno.test("a badge is red if the implementation exited, although every case passes", () => {
  const [pass] = sampleReport().results;
  const exits = { times: 2, last: "it exited with status 2" };
  const report = sampleReport({ results: [pass!], exits, status: 1 });
  const { message, color } = JSON.parse(badgeReport(report));
  assertEquals([message, color], [
    "1 of 1 cases at level must, exited 2 times",
    "red",
  ]);
});

Deno.test("a badge is not green if runs of cases that pass are skipped", () => {
  const [pass] = sampleReport().results;
  const skipped = { ...pass!, verdict: "skipped" } as const;
  const report = sampleReport({ results: [pass!, skipped], status: 0 });
  const { message, color } = JSON.parse(badgeReport(report));
  assertEquals([message, color], [
    "1 of 1 cases at level must, 1 skipped in part",
    "yellow",
  ]);
});
