import { assertEquals } from "@std/assert";
import { loadValidators } from "../cases/json_schema.ts";
import { run } from "../judging/run.ts";
import {
  CodecImplementation,
  SMALL_CORPUS,
} from "../testing/codec_implementation.ts";
import { sampleReport } from "../testing/sample_report.ts";
import { badgeReport, jsonReport } from "./json.ts";

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
    message: "2 of 6",
    color: "red",
  });
  const good = sampleReport().results.slice(0, 1);
  assertEquals(
    JSON.parse(badgeReport(sampleReport({ results: good }))).color,
    "brightgreen",
  );
});
