import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { htmlReport } from "./html.ts";
import { sampleReport } from "../testing/sample_report.ts";

const one = sampleReport();
const other = sampleReport({
  implementation: { name: "</th><b>", version: "0", language: "x" },
  results: one.results.slice(0, 1),
});

/** The part of a page that shows a view. */
function view(page: string, name: string): string {
  return page.split(`<div data-view="${name}"`)[1]!.split("<div data-view")[0]!;
}

/** What the script of a page knows. */
// deno-lint-ignore no-explicit-any
function detailsOf(page: string): any {
  const [, json] = page.match(/id="details">(.*?)<\/script>/) ?? [];
  return JSON.parse(json!);
}

Deno.test("the page has a row for each case, and a cell for each implementation that ran it", () => {
  const cases = view(htmlReport([one, other]), "cases");
  assertEquals(cases.match(/<tr role="row" data-id=/g)?.length, 8);
  assertEquals(cases.match(/<button type="button"/g)?.length, 9);
  assertMatch(cases, /data-verdicts="fail pass"/);
  assertMatch(cases, /data-verdicts="weak "/);
});

Deno.test("the page has a row for each statement, with the worst verdict of the cases that test it", () => {
  const statements = view(htmlReport([one, other]), "statements");
  assertEquals(statements.match(/<tr role="row" data-id=/g)?.length, 2);
  assertMatch(
    statements,
    /data-id="request&#47;answered"|data-id="request\/answered"/,
  );
  assertMatch(statements, /data-verdicts="fail pass"/);
  assertMatch(statements, /data-verdicts=" "/);
});

Deno.test("the page says how each implementation was run, and what failed", () => {
  const section = view(
    htmlReport([{ ...one, command: "run --adapter x" }]),
    "implementations",
  );
  assertStringIncludes(
    section,
    "<dt>started</dt><dd>2026-11-25 12:00 UTC</dd>",
  );
  assertStringIncludes(section, "<dt>duration</dt><dd>1.2 s</dd>");
  assertStringIncludes(section, "level must, 8 jobs, seed 1");
  assertStringIncludes(
    section,
    '<code class="command"><span>run</span> <span>--adapter</span> <span>x</span></code>',
  );
  assertStringIncludes(section, "1.2.3");
  assertStringIncludes(
    section,
    '<a href="#case=codec/request/echo&amp;at=1">codec/request/echo</a> wrote 15 bytes',
  );
});

Deno.test("the page contains the details of its cells", () => {
  const { cases, statements } = detailsOf(
    htmlReport([{ ...one, command: "run --adapter x" }]),
  );
  const echo = cases["codec/request/echo"];
  const [{ counts, groups }] = echo.cells;
  assertEquals(counts, ["1 pass", "1 fail"]);
  assertEquals(groups[0].reason, "wrote 15 bytes, wanted 16");
  assertEquals(groups[0].trace, [["0.3", "<", 'a "<b>" & \u0001 # ]]>']]);
  assertEquals(
    groups[0].again,
    "run --adapter x --run codec/request/echo/encode",
  );
  assertStringIncludes(statements["request/answered"].text, "answer");
});

Deno.test("runs that differ by numbers only are folded", () => {
  const run = one.results[1]!;
  const runs = [1, 2, 3].map((number) => ({
    ...run,
    name: `${run.id}/chunk:split@${number}`,
    reason: `wrote ${number} bytes`,
  }));
  const { cases } = detailsOf(htmlReport([{ ...one, results: runs }]));
  const [{ groups }] = cases[run.id].cells;
  assertEquals(groups.length, 1);
  assertEquals(groups[0].size, 3);
  assertEquals(groups[0].others, ["chunk:split@2", "chunk:split@3"]);
});

Deno.test("two reports of one implementation are compared", () => {
  const [pass, fail, ...others] = one.results;
  const page = htmlReport([
    one,
    sampleReport({
      started: "2026-11-26T12:00:00.000Z",
      results: [pass!, { ...fail!, verdict: "pass" }, ...others.slice(1)],
    }),
  ]);
  assertStringIncludes(page, "<b>1</b> fixed</a>");
  assertStringIncludes(page, "<b>1</b> gone</a>");
  assertStringIncludes(page, "<b>0</b> broken</a>");
  assertMatch(page, /data-id="codec\/request\/echo" [^>]*data-change="fixed"/);
  for (const when of ["before", "after"]) {
    assertStringIncludes(page, `<li><h2>${when}: sample 1.2.3 <small>`);
    assertStringIncludes(page, `scope="col">${when}: sample 1.2.3<small>`);
  }
  assertEquals(htmlReport([one, other]).includes("data-change"), false);
});

Deno.test("the page says at its top which reports are not of the whole corpus", () => {
  const page = htmlReport([
    one,
    { ...other, leftOut: { cases: 3, of: 8 }, interrupted: true, planned: 20 },
  ]);
  assertEquals(page.match(/<p class="partial" role="note">/g)?.length, 1);
  assertStringIncludes(
    page,
    "&#60;b&#62;: a part of the corpus.</b> interrupted after 1 of 20 runs; 3 of 8 cases",
  );
  assertEquals(page.match(/, <b>a part of the corpus<\/b>/g)?.length, 1);
  assertStringIncludes(
    view(page, "implementations"),
    "<dd>corpus 1.0.0; interrupted after 1 of 20 runs; 3 of 8 cases",
  );
});

Deno.test("the page says at its top which implementation exited for no reason that a case explains", () => {
  const exits = { times: 2, last: "it exited with status 2" };
  assertStringIncludes(
    htmlReport([one, { ...other, exits, status: 1 }]),
    ":</b> the implementation exited 2 times, and no case",
  );
});

Deno.test("text of a report does not become markup", () => {
  const page = htmlReport([one, other]);
  assertEquals(page.includes("</th><b>"), false);
  assertStringIncludes(page, "&#60;/th&#62;&#60;b&#62;");
  assertEquals(page.match(/<\/script>/g)?.length, 2);
  assertEquals(page.match(/<\/style>/g)?.length, 1);
});
