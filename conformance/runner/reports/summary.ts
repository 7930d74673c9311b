/**
 * Results counted, and gathered by case: what several reports show.
 *
 * @module
 */

import type { Level } from "../cases/case.ts";
import type { Counts, Report, Result, Verdict } from "../judging/report.ts";

/** The verdicts, from the best to the worst. */
export const VERDICTS: readonly Verdict[] = [
  "pass",
  "weak",
  "not-applicable",
  "skipped",
  "known",
  "flaky",
  "errored",
  "fail",
];

/** What became of all runs of one case. */
export interface CaseSummary {
  /** The identifier of the case. */
  readonly id: string;
  /** Its suite. */
  readonly suite: string;
  /** How binding it is. */
  readonly level: Level;
  /** What should hold. */
  readonly title: string;
  /** The statements that it shows. */
  readonly spec: readonly string[];
  /** The worst verdict of its runs. */
  readonly verdict: Verdict;
  /** Its runs, sorted by name. */
  readonly runs: readonly Result[];
}

/** Counts results by their verdict. */
export function count(results: Iterable<Pick<Result, "verdict">>): Counts {
  const counts = Object.fromEntries(
    VERDICTS.map((verdict) => [verdict, 0]),
  ) as Record<Verdict, number>;
  for (const { verdict } of results) counts[verdict]++;
  return counts;
}

/** Gathers the results of each case, in the order of their names. */
export function byCase(report: Pick<Report, "results">): CaseSummary[] {
  const runsOf = Map.groupBy(report.results, ({ id }) => id);
  return Array.from(runsOf, ([id, runs]) => {
    const [{ suite, level, title, spec }] = runs as [Result];
    return { id, suite, level, title, spec, verdict: worst(runs), runs };
  });
}

/** Whether a result is what was wanted, or at least acceptable. */
export function isGood(verdict: Verdict): boolean {
  return verdict === "pass" || verdict === "weak";
}

/** Whether a result says that something is wrong that nobody knew of. */
export function isBad(verdict: Verdict): boolean {
  return verdict === "fail" || verdict === "errored";
}

/** Whether a result says nothing of the implementation. */
export function isSilent(verdict: Verdict): boolean {
  return verdict === "skipped" || verdict === "not-applicable";
}

/**
 * The worst of some verdicts. What did not run says nothing beside what did, so it decides only when
 * nothing ran.
 */
function worst(results: readonly Pick<Result, "verdict">[]): Verdict {
  const ran = results.filter(({ verdict }) => !isSilent(verdict));
  return (ran.length > 0 ? ran : results)
    .map(({ verdict }) => verdict)
    .reduce((one, other) => rank(one) > rank(other) ? one : other);
}

function rank(verdict: Verdict): number {
  return VERDICTS.indexOf(verdict);
}
