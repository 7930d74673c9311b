/**
 * Reports in the Test Anything Protocol (TAP), version 14.
 *
 * @module
 */

import type { Report, Result } from "../judging/report.ts";
import { isBad, isGood, isSilent } from "./summary.ts";

/**
 * Writes a report in the Test Anything Protocol.
 *
 * Known failures, and failures that do not count, are marked `TODO`; runs that did not take place are marked
 * `SKIP`.
 */
export function tapReport({ results }: Report): string {
  const points = results.flatMap((result, at) => testPoint(result, at + 1));
  return ["TAP version 14", `1..${results.length}`, ...points, ""].join("\n");
}

function testPoint(result: Result, number: number): string[] {
  const { name, verdict, reason = verdict, expected = [], trace = [] } = result;
  const good = isGood(verdict) || isSilent(verdict);
  const line = `${good ? "ok" : "not ok"} ${number} - ${plain(name)}${
    directive(result)
  }`;
  if (verdict === "pass") return [line];
  return [
    line,
    "  ---",
    `  verdict: ${verdict}`,
    `  level: ${result.level}`,
    `  message: ${JSON.stringify(reason)}`,
    ...block("expected", expected),
    ...block("trace", trace.map(({ at, by, text }) => `${at} ${by} ${text}`)),
    "  ...",
  ];
}

function directive({ verdict, gated, reason = verdict }: Result): string {
  if (isSilent(verdict)) return ` # SKIP ${plain(reason)}`;
  if (verdict === "known" || verdict === "flaky") {
    return ` # TODO ${plain(reason)}`;
  }
  return isBad(verdict) && !gated ? " # TODO does not count at this level" : "";
}

/** Returns a list in YAML, in which JSON strings are valid. */
function block(key: string, lines: readonly string[]): string[] {
  return lines.length === 0
    ? []
    : [`  ${key}:`, ...lines.map((line) => `    - ${JSON.stringify(line)}`)];
}

/** Returns a text on one line, in which nothing starts a directive. */
function plain(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\#]/g, "\\$&");
}
