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
 * @param expected At least this number of cases, or names as {@linkcode expectableNames} returns them, of
 * which those that were not planned do not matter.
 */
export function unmetExpectation(
  expected: number | readonly string[] | undefined,
  results: readonly Result[],
  planned: readonly Pick<CaseRun, "name" | "case">[],
): Report["unmet"] {
  if (expected === undefined) return undefined;
  const judged = results.filter(isJudged);
  if (typeof expected === "number") {
    const { size } = new Set(judged.map(({ id }) => id));
    return size < expected ? { cases: expected, judged: size } : undefined;
  }
  const expectable = expectableNames(planned);
  const wanted = expected.filter((name) => expectable.has(name));
  const found = namesOf(judged);
  const missing = wanted.filter((name) => !found.has(name));
  if (missing.length === 0) return undefined;
  const caseOf = (name: string) => expectable.get(name)!;
  const cases = new Set(wanted.map(caseOf)).size;
  const lost = new Set(missing.map(caseOf)).size;
  return { cases, judged: cases - lost, missing };
}

/**
 * Returns what can be expected of runs, each with the identifier of its case:
 * the identifiers, and the names of the runs without the cut of their bytes. So
 * a role or a transport that is lost is noticed, and a list is not long.
 */
export function expectableNames(
  runs: readonly Pick<CaseRun, "name" | "case">[],
): ReadonlyMap<string, string> {
  return new Map(runs.flatMap(({ name, case: { id } }) => [
    [id, id],
    [withoutCut(name), id],
  ]));
}

/** How a line of a list of cases begins that states what is missing from the whole corpus. */
export const PARTIAL_LINE = "# a part of the corpus: ";

/** How such a line begins if the run ended early: what the list lacks was not expected by anybody. */
export const INCOMPLETE_LINE = "# incomplete: ";

/** Returns the names of the runs that were judged, without the cut of their bytes. */
export function judgedNames(
  results: readonly Pick<Result, "name" | "verdict" | "errored">[],
): ReadonlySet<string> {
  return new Set(
    results.filter(isJudged).map(({ name }) => withoutCut(name)),
  );
}

function namesOf(
  judged: readonly Pick<Result, "name" | "id">[],
): ReadonlySet<string> {
  return new Set(judged.flatMap(({ name, id }) => [id, withoutCut(name)]));
}

/** Returns the name of a run without how its bytes are cut. */
function withoutCut(name: string): string {
  return name.replace(/\/(?:chunk|unit):.*$/, "");
}
