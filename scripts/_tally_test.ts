import { assertEquals } from "@std/assert";
import { needing } from "./find_program.ts";
import { Tally } from "./_tally.ts";

/** What `deno test` writes of some files. */
const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="9" failures="2" errors="1" time="0.104">
    <testsuite name="./a_test.ts" tests="6" disabled="3" errors="0" failures="1">
        <testcase name="&quot;tests=&quot;7&quot;" classname="./a_test.ts" time="0.002" line="1" col="6">
        </testcase>
        <testcase name="bad" classname="./a_test.ts" time="0.001" line="2" col="6">
            <failure message="1 test step failed">1 test step failed.</failure>
        </testcase>
        <testcase name="a (skipped: no go)" classname="./a_test.ts" time="0.000" line="4" col="6">
            <skipped/>
        </testcase>
        <testcase name="b (skipped: no go)" classname="./a_test.ts" time="0.000" line="4" col="6">
            <skipped/>
        </testcase>
        <testcase name="c (twice)" classname="./a_test.ts" time="0.000" line="4" col="6">
            <skipped/>
        </testcase>
    </testsuite>
    <testsuite name="./b_test.ts" tests="3" disabled="0" errors="1" failures="1">
    </testsuite>
</testsuites>`;

Deno.test("a tally sums up reports, with the reasons for what was skipped", () => {
  const tally = new Tally();
  assertEquals(String(tally), "0 passed, 0 failed");

  tally.add(true);
  tally.addReport(REPORT);
  assertEquals(
    String(tally),
    "4 passed, 3 failed, 3 skipped (no go: 2, no reason given: 1)",
  );

  const other = new Tally();
  other.add(false);
  other.addReport(REPORT);
  tally.addAll(other);
  assertEquals(
    String(tally),
    "7 passed, 7 failed, 6 skipped (no go: 4, no reason given: 2)",
  );
  assertEquals(tally.failed, 7);
});

Deno.test("a tally leaves out what a filter left out", () => {
  const tally = new Tally();
  tally.addReport(REPORT, true);
  assertEquals(String(tally), "3 passed, 3 failed, 2 skipped (no go: 2)");
});

Deno.test("a test is skipped for the first thing that is missing", () => {
  const test = { name: "it runs", fn() {} };
  assertEquals(needing({ go: "/bin/go" }, test), test);
  assertEquals(
    needing({ go: "/bin/go", chromium: undefined, python: undefined }, test),
    { ...test, name: "it runs (skipped: no chromium)", ignore: true },
  );
});
