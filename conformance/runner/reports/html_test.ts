import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { htmlReport } from "./html.ts";
import { sampleReport } from "../testing/sample_report.ts";

const one = sampleReport();
const other = sampleReport({
  implementation: { name: "</th><b>", version: "0", language: "x" },
  results: one.results.slice(0, 1),
});

Deno.test("the page has a row for each case, and a cell for each implementation that ran it", () => {
  const page = htmlReport([one, other]);
  assertEquals(page.match(/<tr data-row=/g)?.length, 8);
  assertEquals(page.match(/<button type="button"/g)?.length, 9);
  assertMatch(page, /data-verdicts="fail pass"/);
  assertMatch(page, /data-verdicts="weak "/);
});

Deno.test("the page contains the details of its cells", () => {
  const page = htmlReport([one]);
  const [, json] = page.match(/id="details">(.*?)<\/script>/) ?? [];
  const [[echo]] = JSON.parse(json!);
  assertEquals(echo.id, "codec/request/echo");
  assertEquals(echo.counts, ["1 pass", "1 fail"]);
  assertEquals(echo.runs[0].reason, "wrote 15 bytes, wanted 16");
  assertEquals(echo.runs[0].trace, [["0.3", "<", 'a "<b>" & \u0001 # ]]>']]);
});

Deno.test("text of a report does not become markup", () => {
  const page = htmlReport([one, other]);
  assertEquals(page.includes("</th><b>"), false);
  assertStringIncludes(page, "&#60;/th&#62;&#60;b&#62;");
  assertEquals(page.match(/<\/script>/g)?.length, 2);
});
