/**
 * Reports in the XML format of JUnit, which most CI systems show.
 *
 * @module
 */

import type { Report, Result } from "../judging/report.ts";
import { isBad, isSilent } from "./summary.ts";

/**
 * Writes a report whose classes are the suites and whose names are the full names, so that cases can be
 * followed over time.
 *
 * Known failures, failures that do not count, and runs that did not take place are `skipped`, with the
 * reason.
 */
export function junitReport(report: Report): string {
  const { implementation, results, duration } = report;
  const suites = Map.groupBy(results, ({ suite }) => suite);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${
      attributes({
        name: `${implementation.name} ${implementation.version}`,
        ...totals(results),
        time: seconds(duration),
      })
    }>`,
    ...Array.from(suites, ([suite, of]) => testSuite(suite, of, report)),
    "</testsuites>",
    "",
  ].join("\n");
}

function testSuite(
  suite: string,
  results: readonly Result[],
  { started }: Report,
): string {
  const time = results.reduce((sum, { duration }) => sum + duration, 0);
  return [
    `<testsuite${
      attributes({
        name: suite,
        ...totals(results),
        time: seconds(time),
        timestamp: started,
      })
    }>`,
    ...results.map(testCase),
    "</testsuite>",
  ].join("\n");
}

function testCase(result: Result): string {
  const { suite, name, duration, verdict, reason = verdict } = result;
  const head = `<testcase${
    attributes({ classname: suite, name, time: seconds(duration) })
  }`;
  if (verdict === "pass") return `${head}/>`;
  if (verdict === "weak") {
    return `${head}><system-out>${
      escaped(`weak: ${reason}`)
    }</system-out></testcase>`;
  }
  if (isSkipped(result)) {
    return `${head}><skipped${
      attributes({ message: `${verdict}: ${reason}` })
    }/></testcase>`;
  }
  const tag = verdict === "errored" ? "error" : "failure";
  const message = attributes({ message: reason, type: result.level });
  return `${head}><${tag}${message}>${
    escaped(details(result))
  }</${tag}></testcase>`;
}

function details({ title, spec, expected = [], trace = [] }: Result): string {
  return [
    title,
    `statements: ${spec.join(", ")}`,
    ...expected.map((alternative) => `expected: ${alternative}`),
    ...trace.map(({ at, by, text }) => `${at.toFixed(1)} ms ${by} ${text}`),
  ].join("\n");
}

/** Returns whether a result does not count, which JUnit calls skipped. */
function isSkipped({ verdict, gated }: Result): boolean {
  return isSilent(verdict) || verdict === "known" || verdict === "flaky" ||
    isBad(verdict) && !gated;
}

function totals(results: readonly Result[]): Record<string, string> {
  const skipped = results.filter(isSkipped);
  const failed = results.filter(({ verdict, gated }) =>
    gated && verdict === "fail"
  );
  const errored = results.filter(({ verdict, gated }) =>
    gated && verdict === "errored"
  );
  return {
    tests: `${results.length}`,
    failures: `${failed.length}`,
    errors: `${errored.length}`,
    skipped: `${skipped.length}`,
  };
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([key, value]) => ` ${key}="${escaped(value)}"`)
    .join("");
}

function escaped(text: string): string {
  return text
    // Characters that XML 1.0 cannot hold in any form.
    // deno-lint-ignore no-control-regex
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}
