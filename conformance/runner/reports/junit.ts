/**
 * Reports in the XML format of JUnit, which most CI systems show.
 *
 * @module
 */

import type { Report } from "../judging/report.ts";
import { earlyEnd, whyPartial } from "./partial.ts";
import { repeatCommand } from "./repeat_command.ts";
import { isBad, isListed, isSilent } from "../judging/verdicts.ts";
import {
  byCase,
  type CaseSummary,
  decisiveRuns,
  runNames,
  unexplainedExits,
} from "./summary.ts";

/** How many other failed runs of a case are named. */
const NAMED = 12;

/**
 * Writes a report whose classes are the suites and whose test cases are the
 * cases, so that they can be followed over time. A test case has the worst
 * verdict of its runs, and takes as long as the longest one.
 *
 * Known failures, failures that do not count, and cases that did not take place are `skipped`, with the
 * reason. If cases were left out, there is one more test case, in a class of its own, which says so: it is
 * skipped if they were not chosen, and an error if the run ended early.
 */
export function junitReport(report: Report): string {
  const { implementation, duration } = report;
  const cases = byCase(report);
  const suites = Map.groupBy(cases, ({ suite }) => suite);
  const partial = partialSuite(report);
  const exits = exitsSuite(report);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${
      attributes({
        name: `${implementation.name} ${implementation.version}`,
        ...sum(sum(totals(cases), partial.totals), exits.totals),
        time: seconds(duration),
      })
    }>`,
    ...Array.from(suites, ([suite, of]) => testSuite(suite, of, report)),
    ...partial.lines,
    ...exits.lines,
    "</testsuites>",
    "",
  ].join("\n");
}

/** A suite with the only test case of a class, and its counts. */
interface ExtraSuite {
  readonly totals: Totals;
  readonly lines: readonly string[];
}

/** No suite, as there is nothing to say. */
const NO_SUITE: ExtraSuite = {
  totals: { tests: 0, failures: 0, errors: 0, skipped: 0 },
  lines: [],
};

/** Returns a suite whose only test case has a result that counts as one of `kind`. */
function extraSuite(
  { started }: Report,
  classname: string,
  test: string,
  kind: "failures" | "errors" | "skipped",
  result: string,
): ExtraSuite {
  const totals = { ...NO_SUITE.totals, tests: 1, [kind]: 1 };
  const suite = { name: classname, ...totals, timestamp: started };
  const name = `${classname}/${test}`;
  return {
    totals,
    lines: [
      `<testsuite${attributes(suite)}>`,
      `<testcase${attributes({ classname, name })}>${result}</testcase>`,
      "</testsuite>",
    ],
  };
}

/** Returns the suite that says that the implementation did not keep running, if it exited. */
function exitsSuite(report: Report): ExtraSuite {
  const message = unexplainedExits(report);
  if (message === undefined) return NO_SUITE;
  const last = escaped(report.exits!.last);
  return extraSuite(
    report,
    "implementation",
    "keeps-running",
    "failures",
    `<failure${attributes({ message })}>${last}</failure>`,
  );
}

/** Returns the suite that says that the report is of a part of the corpus, if it is. */
function partialSuite(report: Report): ExtraSuite {
  const why = whyPartial(report);
  if (why.length === 0) return NO_SUITE;
  const message = attributes({ message: why.join("; ") });
  const [kind, element] = earlyEnd(report) === undefined
    ? ["skipped", "skipped"] as const
    : ["errors", "error"] as const;
  const result = `<${element}${message}/>`;
  return extraSuite(report, "whole-corpus", "judged", kind, result);
}

function testSuite(
  suite: string,
  cases: readonly CaseSummary[],
  report: Report,
): string {
  const time = cases.reduce((sum, each) => sum + longest(each), 0);
  return [
    `<testsuite${
      attributes({
        name: suite,
        ...totals(cases),
        time: seconds(time),
        timestamp: report.started,
      })
    }>`,
    ...cases.map((each) => testCase(each, report)),
    "</testsuite>",
  ].join("\n");
}

function testCase(summary: CaseSummary, report: Report): string {
  const { suite, id, verdict, level } = summary;
  const [{ reason = verdict }] = decisiveRuns(summary);
  const head = `<testcase${
    attributes({ classname: suite, name: id, time: seconds(longest(summary)) })
  }`;
  if (verdict === "pass") return `${head}/>`;
  if (verdict === "weak") {
    return `${head}><system-out>${
      escaped(`weak: ${reason}`)
    }</system-out></testcase>`;
  }
  if (isSkipped(summary)) {
    return `${head}><skipped${
      attributes({ message: `${verdict}: ${reason}` })
    }/></testcase>`;
  }
  const tag = verdict === "errored" ? "error" : "failure";
  const message = attributes({ message: reason, type: level });
  return `${head}><${tag}${message}>${
    escaped(details(summary, report))
  }</${tag}></testcase>`;
}

function details(summary: CaseSummary, { command }: Report): string {
  const [first, ...others] = decisiveRuns(summary);
  const { name, expected = [], trace = [] } = first;
  return [
    summary.title,
    `statements: ${summary.spec.join(", ")}`,
    `run: ${name}`,
    ...expected.map((alternative) => `expected: ${alternative}`),
    ...trace.map(({ at, by, text }) => `${at.toFixed(1)} ms ${by} ${text}`),
    ...others.length === 0 ? [] : [`also: ${runNames(others, NAMED)}`],
    ...command === undefined ? [] : [`again: ${repeatCommand(command, name)}`],
  ].join("\n");
}

/** Returns the duration of the longest run of a case, in milliseconds. */
function longest({ runs }: CaseSummary): number {
  return Math.max(...runs.map(({ duration }) => duration));
}

function isGated({ runs }: CaseSummary): boolean {
  return runs.some(({ gated }) => gated);
}

/** Returns whether a result does not count, which JUnit calls skipped. */
function isSkipped(summary: CaseSummary): boolean {
  const { verdict } = summary;
  return isSilent(verdict) || isListed(verdict) ||
    isBad(verdict) && !isGated(summary);
}

/** The counts of a suite, or of all. */
interface Totals {
  tests: number;
  failures: number;
  errors: number;
  skipped: number;
}

function totals(cases: readonly CaseSummary[]): Totals {
  const counting = cases.filter(isGated);
  const of = (verdict: CaseSummary["verdict"]) =>
    counting.filter((each) => each.verdict === verdict).length;
  return {
    tests: cases.length,
    failures: of("fail"),
    errors: of("errored"),
    skipped: cases.filter(isSkipped).length,
  };
}

function sum(one: Totals, other: Totals): Totals {
  return {
    tests: one.tests + other.tests,
    failures: one.failures + other.failures,
    errors: one.errors + other.errors,
    skipped: one.skipped + other.skipped,
  };
}

function attributes(
  values: Readonly<Record<string, string | number>>,
): string {
  return Object.entries(values)
    .map(([key, value]) => ` ${key}="${escaped(`${value}`)}"`)
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
