import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { XMLParser, XMLValidator } from "npm:fast-xml-parser@5.12.1";
import { sampleReport } from "../testing/sample_report.ts";
import { junitReport } from "./junit.ts";

Deno.test("JUnit is well-formed XML, whatever the texts", () => {
  assertEquals(XMLValidator.validate(junitReport(sampleReport())), true);
});

Deno.test("JUnit has one more test case if the whole corpus was not run", () => {
  const leftOut = { cases: 3, of: 8 };
  const chosen = junitReport(sampleReport({ leftOut }));
  assertMatch(chosen, / tests="9" failures="1" errors="1" skipped="6" /);
  assertMatch(
    chosen,
    /<testcase [^>]*"whole-corpus\/judged"><skipped message="3 of 8 cases [^"]*were left out/,
  );
  const early = junitReport(
    sampleReport({ leftOut, interrupted: true, planned: 20 }),
  );
  assertMatch(early, / tests="9" failures="1" errors="2" skipped="5" /);
  assertMatch(
    early,
    /"whole-corpus\/judged"><error message="interrupted after 9 of 20 runs; 3 of 8 /,
  );
  for (const text of [chosen, early]) {
    assertEquals(XMLValidator.validate(text), true);
  }
  assertEquals(junitReport(sampleReport()).includes("whole-corpus"), false);
});

Deno.test("JUnit counts the failures that count", () => {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "",
  });
  const { testsuites } = parser.parse(
    junitReport(sampleReport({ command: "run --adapter x" })),
  );
  assertEquals(testsuites.name, "sample 1.2.3");
  assertEquals(testsuites.tests, "8");
  assertEquals(testsuites.failures, "1");
  assertEquals(testsuites.errors, "1");
  assertEquals(testsuites.skipped, "5");
  const [codec, session] = testsuites.testsuite;
  assertEquals([codec.name, session.name], ["codec", "session"]);
  const [failed, below] = codec.testcase;
  assertEquals(failed.name, "codec/request/echo");
  assertStringIncludes(
    failed.failure["#text"],
    "again: run --adapter x --run codec/request/echo/encode",
  );
  assertEquals(failed.failure.message, "wrote 15 bytes, wanted 16");
  assertStringIncludes(failed.failure["#text"], 'a "<b>" & \ufffd # ]]>');
  assertEquals(below.skipped.message, "fail: upper case");
});

Deno.test("exits that no case explains are reported", () => {
  const [pass] = sampleReport().results;
  const exits = { times: 2, last: "it exited with status 2" };
  const text = junitReport(
    sampleReport({ results: [pass!], exits, status: 1 }),
  );
  assertStringIncludes(
    text,
    '<testcase classname="implementation" name="implementation/keeps-running"><failure message="the implementation exited 2 times',
  );
  assertStringIncludes(text, ">it exited with status 2</failure>");
});
