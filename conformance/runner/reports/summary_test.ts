import { assertEquals } from "@std/assert";
import { sampleReport } from "../testing/sample_report.ts";
import { byCase, count, VERDICT_TRAITS, VERDICTS } from "./summary.ts";

Deno.test("results are counted by verdict", () => {
  assertEquals(count(sampleReport().results), {
    "pass": 1,
    "weak": 1,
    "not-applicable": 1,
    "skipped": 1,
    "known": 1,
    "flaky": 1,
    "errored": 1,
    "fail": 2,
  });
});

Deno.test("a case is as good as the worst of its runs", () => {
  const [echo] = byCase(sampleReport());
  assertEquals(echo?.id, "codec/request/echo");
  assertEquals(echo?.verdict, "fail");
  assertEquals(echo?.runs.length, 2);
});

Deno.test("runs that did not take place do not affect a case that ran", () => {
  const [run] = sampleReport().results;
  const results = [
    { ...run!, verdict: "not-applicable" },
    { ...run!, verdict: "pass" },
  ] as const;
  assertEquals(byCase({ results })[0]?.verdict, "pass");
  assertEquals(
    byCase({ results: results.slice(0, 1) })[0]?.verdict,
    "not-applicable",
  );
});

Deno.test("verdicts have different signs, for readers who do not see colours", () => {
  const signs = VERDICTS.map((verdict) => VERDICT_TRAITS[verdict].sign);
  assertEquals(new Set<string>(signs).size, signs.length);
});
