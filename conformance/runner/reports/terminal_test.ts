import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Verdict } from "../judging/report.ts";
import { sampleReport } from "../testing/sample_report.ts";
import { TerminalReporter } from "./terminal.ts";
import { summary } from "./_terminal_summary.ts";

const STATEMENTS = [{
  id: "wire/message",
  level: "must",
  text: "A message is whole.",
}] as const;

function printed(
  changes: Parameters<typeof sampleReport>[0] = {},
  trace = false,
) {
  const report = sampleReport(changes);
  const lines: string[] = [];
  const progress: string[] = [];
  const reporter = new TerminalReporter({
    write: (text) => lines.push(text),
    progress: (line) => progress.push(line),
    statements: STATEMENTS,
    again: (name) => `run ${name}`,
    trace,
  });
  reporter.begin({ total: report.results.length });
  for (const result of report.results) reporter.result(result);
  reporter.remark("It broke.\nbadly");
  reporter.end(report);
  return { text: lines.join(""), progress, report };
}

Deno.test("a failure is printed with what was wanted, what happened, and the command that repeats it", () => {
  const { text, report } = printed();
  const [failure] = report.results.filter(({ verdict }) => verdict === "fail");
  assertStringIncludes(
    text,
    [
      "FAIL codec/request/echo/encode",
      `  ${failure!.title}`,
      ...failure!.spec.map((id) => {
        const statement = STATEMENTS.find((each) => each.id === id);
        return statement ? `  ${id} (must): ${statement.text}` : `  ${id}`;
      }),
      "  wanted   the bytes r0001004echo00000000",
      "  but      wrote 15 bytes, wanted 16",
      '        0.3 ms < a "<b>" & \u0001 # ]]>',
      "  again    run codec/request/echo/encode",
      "",
    ].join("\n").replace("0.3 ms", failure!.trace![0]!.at.toFixed(1) + " ms"),
  );
  assertStringIncludes(
    text,
    "ERRORED session/call/slow/role:acceptor/over:tcp\n",
  );
});

Deno.test("passing runs, known failures and failures that do not count are only counted", () => {
  const { text } = printed();
  assertEquals(text.includes("codec/request/other/encode"), false);
  assertEquals(text.includes("session/close/known"), false);
  assertEquals(text.includes("codec/request/echo/chunk:whole"), false);
  assertStringIncludes(
    text,
    "not counted at this level: 1 case fails\n",
  );
  assertStringIncludes(text, "STALE session/gone\n");
  assertStringIncludes(text, "2 cases fail, in 1.2 s");
});

Deno.test("cases are counted by suite and level", () => {
  const { text } = printed();
  const rows = text.split("\n").filter((line) =>
    /^(codec|session|all) /.test(line) && /\d$/.test(line)
  )
    .map((line) => line.split(/ {2,}/).join(" | "));
  assertEquals(rows.slice(0, 4), [
    "codec must | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 1",
    "codec should | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 1",
    "session must | 0 | 1 | 1 | 1 | 1 | 1 | 1 | 0",
    "all | 0 | 1 | 1 | 1 | 1 | 1 | 1 | 2",
  ]);
});

Deno.test("the levels of a suite are counted from the most binding one on, however the cases come", () => {
  const { report } = printed();
  const text = summary({ ...report, results: report.results.toReversed() });
  assertEquals(text.match(/^codec \w+/gm), ["codec must", "codec should"]);
});

Deno.test("other failed runs of a case are named after the first", () => {
  const { report } = printed();
  const failure = report.results.find(({ verdict }) => verdict === "fail")!;
  const results = Array.from({ length: 20 }, (_, at) => ({
    ...failure,
    name: `${failure.id}/chunk:split@${at}`,
  }));
  const { text } = printed({ results });
  assertEquals(text.match(/^FAIL /gm)?.length, 1);
  assertStringIncludes(text, "  also     chunk:split@1 chunk:split@2 ");
  assertStringIncludes(text, " and 7 more\n");
});

Deno.test("with traces, other runs are printed too", () => {
  const { text } = printed({}, true);
  assertStringIncludes(text, "PASS codec/request/echo/chunk:whole\n");
  assertStringIncludes(
    text,
    "KNOWN session/close/known/role:acceptor/over:tcp\n",
  );
});

Deno.test("progress is shown and removed", () => {
  const { progress } = printed();
  assertEquals(progress[0], "1 of 9, 0 failed");
  assertEquals(progress.slice(-2), ["It broke.", ""]);
});

Deno.test("lines of progress that stay end with one for the whole run", () => {
  const { now } = performance;
  const statesOf = (pause: number) => {
    const states: string[] = [];
    let passed = 0;
    performance.now = () => passed;
    const reporter = new TerminalReporter({
      write: () => {},
      status: (line) => states.push(line),
      statements: STATEMENTS,
      again: () => "",
    });
    const report = sampleReport();
    reporter.begin({ total: report.results.length });
    for (const result of report.results) {
      passed += pause;
      reporter.result(result);
    }
    reporter.end(report);
    return states;
  };
  try {
    assertEquals(statesOf(6_000), ["5 of 9, 2 failed", "9 of 9, 2 failed"]);
    assertEquals(statesOf(1), []);
  } finally {
    performance.now = now;
  }
});

Deno.test("a run without failures ends with one line", () => {
  const { results } = sampleReport();
  const { text } = printed({
    status: 0,
    stale: [],
    results: results.slice(0, 1),
  });
  assertStringIncludes(
    text,
    "cases: 1 of 1 that apply pass in every run\nall as expected, in 1.2 s\n",
  );
  const idle = results.map((result) => ({
    ...result,
    verdict: "not-applicable" as const,
  }));
  assertStringIncludes(
    printed({ status: 3, results: idle }).text,
    "\nnothing was judged: no case applies",
  );
  const errored = results.map((result) => ({
    ...result,
    verdict: "errored" as const,
    gated: false,
  }));
  assertStringIncludes(
    printed({ status: 3, results: errored }).text,
    "\nnothing was judged: no case that applies could be judged",
  );
  assertStringIncludes(
    printed({ status: 4, results: results.slice(0, 1) }).text,
    "the list of known failures is stale",
  );
});

Deno.test("a failure of the first steps is one block, and what depends on it is only counted", () => {
  const { results } = sampleReport();
  const { text } = printed({
    results: [
      ...results.slice(0, 2),
      ...results.slice(3, 6).map((result) => ({
        ...result,
        verdict: "errored" as const,
        unreached: true as const,
      })),
    ],
    preflight: [{
      role: "acceptor",
      over: "tcp",
      stage: "version",
      reason: "nothing arrived within 3001 ms",
      expected: ['bytes "01"'],
      trace: [{ at: 1, by: ">", text: "version 01" }],
      cases: 3,
    }],
  });
  assertStringIncludes(
    text,
    [
      "FAIL first steps: acceptor over tcp",
      "  The implementation must exchange the version before anything else can be tested",
      '  wanted   bytes "01"',
      "  but      nothing arrived within 3001 ms",
      "        1.0 ms > version 01",
      "  skipped  3 cases that depend on it",
      "",
      "FAIL codec/request/echo/encode",
    ].join("\n"),
  );
  assertEquals(text.match(/^(FAIL|ERRORED) /gm)?.length, 2);
  assertStringIncludes(text, "1 case fails, 3 cases not reached, in 1.2 s");
});

Deno.test("the simplest failures are printed first, and at most 20", () => {
  const [, failure] = sampleReport().results;
  const results = Array.from({ length: 23 }, (_, at) => {
    const id = at === 22 ? "codec/request/one" : `codec/fault/${at}`;
    return { ...failure!, id, name: `${id}/encode` };
  });
  const { text } = printed({ results });
  assertEquals(text.match(/^FAIL /gm)?.length, 20);
  assertEquals(/^FAIL (\S+)/m.exec(text)?.[1], "codec/request/one/encode");
  assertStringIncludes(text, "… and 3 more failed cases: --all prints them");
});

Deno.test("a case that fails in every way is shown with its bytes in one piece", () => {
  const [one] = sampleReport().results;
  const results = ["chunk:by3", "chunk:bytewise", "chunk:whole"].map((way) => ({
    ...one!,
    name: `${one!.id}/${way}`,
    verdict: "fail" as const,
    gated: true,
  }));
  const { text } = printed({ results });
  assertEquals(/^FAIL (\S+)/m.exec(text)?.[1], `${one!.id}/chunk:whole`);
  assertStringIncludes(text, "  also     chunk:by3 chunk:bytewise\n");
});

Deno.test("the summary names what was not tested, what does not apply, and what is weak", () => {
  const untested = "it does not have the feature virtualTime";
  const { text } = printed({
    options: { level: "should", seed: 1, jobs: 1 },
    statements: [
      { id: "a/b", level: "must", passed: 1, failed: 0, tested: true },
      {
        id: "a/c",
        level: "must",
        passed: 1,
        failed: 0,
        tested: false,
        untested,
      },
      {
        id: "a/d",
        level: "may",
        passed: 0,
        failed: 0,
        tested: false,
        untested,
      },
    ],
  });
  assertStringIncludes(
    text,
    [
      "statements tested: 1 of 2 at level must, 0 of 1 at level may",
      `not tested at level must, as ${untested}:`,
      "  a/c",
      "not applicable: 2 cases: 1 as needs streams; 1 as it skips them: not today",
      "weak, acceptable but not the best behaviour: 1 case",
      "  session/call/weak: no ProtocolError (1 run)",
    ].join("\n"),
  );
});

Deno.test("a run in which nothing was judged says why", () => {
  const { results } = sampleReport();
  const silent = (verdict: Verdict) =>
    results.map((each) => ({ ...each, verdict }));
  const ends = (verdict: Verdict) =>
    printed({ status: 3, results: silent(verdict) }).text.trimEnd()
      .split("\n").at(-1);
  const cases = new Set(results.map(({ id }) => id)).size;
  assertEquals(
    ends("skipped"),
    `nothing was judged: the implementation skips every case that applies, ${cases} cases, in 1.2 s`,
  );
  assertEquals(
    ends("not-applicable"),
    "nothing was judged: no case applies to the features that the implementation has, in 1.2 s",
  );
});

Deno.test("an interrupted run says so, and so does one with other cases than expected", () => {
  const { results } = sampleReport();
  assertStringIncludes(
    printed({ status: 130, interrupted: true, planned: 20 }).text,
    "\ninterrupted after 9 of 20 runs, in which 2 cases fail, in 1.2 s\n",
  );
  const { text } = printed({
    status: 4,
    stale: [],
    results: results.slice(0, 1),
    unmet: { cases: 2, judged: 1, missing: ["codec/request/gone"] },
  });
  assertStringIncludes(text, "MISSING codec/request/gone\n");
  assertStringIncludes(text, "\n1 of 2 expected cases were judged, in 1.2 s\n");
  assertStringIncludes(
    printed({ stale: ["known.json"], nameless: ["known.json"] }).text,
    "no case has such a name; wanted @known.json for a list?",
  );
});

Deno.test("a run of a part of the corpus does not look like one of all", () => {
  const { results } = sampleReport();
  const { text } = printed({
    status: 0,
    stale: [],
    results: results.slice(0, 1),
    leftOut: { cases: 3, of: 8 },
    corpus: { version: "1.0.0", own: true },
  });
  assertStringIncludes(
    text,
    [
      "a part of the corpus: 3 of 8 cases that apply at level must were left out, in some or all of their runs",
      "a part of the corpus: own cases in place of the corpus",
      "cases: 1 of 1 that apply pass in every run",
      "all as expected in this part of the corpus, in 1.2 s",
    ].join("\n"),
  );
  assertStringIncludes(
    text,
    "sample 1.2.3, own cases in the form of corpus 1.0.0",
  );
});

Deno.test("the summary states how many cases apply to a target, and what would add to them", () => {
  const more = Array.from({ length: 14 }, (_, at) => ({
    with: `#maxPayload=${at}`,
    cases: 20 - at,
  }));
  const { text } = printed({
    target: { cases: 300, applied: 200, more, adapter: 9 },
  });
  assertStringIncludes(text, "target: 200 of 300 cases for servers over ");
  assertStringIncludes(text, " apply (66.7 %)\n  20 more with #maxPayload=0\n");
  assertStringIncludes(
    text,
    "  9 more with #maxPayload=11\n  15 more with 2 other choices\n  9 more with an adapter\n",
  );
});

Deno.test("exits that no case explains are named, and why they count", () => {
  const text = summary(sampleReport({
    results: sampleReport().results.slice(0, 1),
    exits: { times: 2, last: "it exited with status 2" },
    status: 1,
  }));
  assertStringIncludes(
    text,
    "\nthe implementation exited 2 times, and no case that was running then ends it when it runs alone; the last time: it exited with status 2\n",
  );
  assertStringIncludes(
    text,
    "\nexited 2 times for no known reason, 0 cases fail, in 1.2 s",
  );
});

Deno.test("cases of which runs are skipped do not pass in every run", () => {
  const [pass] = sampleReport().results;
  const skipped = { ...pass!, verdict: "skipped" } as const;
  assertStringIncludes(
    summary(sampleReport({ results: [pass!, skipped], status: 0 })),
    "\ncases: 1 of 1 that apply pass in every run that it does not skip, 1 of them skipped in part\n",
  );
});
