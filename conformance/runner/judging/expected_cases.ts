/**
 * Compares the cases that were judged with those that had to be.
 *
 * @module
 */

import type { CaseRun } from "../cases/expand.ts";
import type { Report, Result } from "./report.ts";
import { isJudged } from "./verdicts.ts";

/**
 * Returns how an expectation was not met; `undefined` if it was, or if there is none.
 *
 * @param expected At least this number of cases, or their identifiers, of which those that were not planned
 * do not matter.
 */
export function unmetExpectation(
  expected: number | readonly string[] | undefined,
  results: readonly Result[],
  planned: readonly CaseRun[],
): Report["unmet"] {
  if (expected === undefined) return undefined;
  const judged = judgedCases(results);
  if (typeof expected === "number") {
    return judged.size < expected
      ? { cases: expected, judged: judged.size }
      : undefined;
  }
  const ids = new Set(planned.map((run) => run.case.id));
  const wanted = expected.filter((id) => ids.has(id));
  const missing = wanted.filter((id) => !judged.has(id));
  if (missing.length === 0) return undefined;
  const { length: cases } = wanted;
  return { cases, judged: cases - missing.length, missing };
}

/** Returns the identifiers of the cases of which at least one run was judged. */
export function judgedCases(
  results: readonly Pick<Result, "id" | "verdict" | "errored">[],
): ReadonlySet<string> {
  return new Set(
    results.filter(isJudged).map(({ id }) => id),
  );
}
