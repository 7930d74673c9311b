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
    message: "1 of 5 cases",
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
