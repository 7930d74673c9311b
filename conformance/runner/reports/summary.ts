/**
 * Counts results and gathers them by case, for several reports.
 *
 * @module
 */

import type { Level } from "../cases/case.ts";
import { compareSimplicity } from "../cases/order.ts";
import type { Counts, Report, Result, Verdict } from "../judging/report.ts";
import { isSilent } from "../judging/verdicts.ts";

/** How reports show a verdict. */
export interface VerdictTraits {
  /** The sign in a table. */
  readonly sign: string;
  /** The meaning, for a legend. */
  readonly meaning: string;
}

/** Every verdict, from the best to the worst. */
export const VERDICT_TRAITS = {
  "pass": { sign: "✓", meaning: "as required" },
  "weak": { sign: "≈", meaning: "acceptable, but not the best behaviour" },
  "not-applicable": {
    sign: "–",
    meaning: "needs something that the implementation does not have",
  },
  "skipped": {
    sign: "○",
    meaning: "the implementation or its adapter cannot do this",
  },
  "known": { sign: "△", meaning: "fails, as listed" },
  "flaky": { sign: "↯", meaning: "fails now and then, as listed" },
  "errored": { sign: "!", meaning: "could not be judged" },
  "fail": { sign: "✗", meaning: "not as required" },
} as const satisfies Readonly<Record<Verdict, VerdictTraits>>;

/** All verdicts, from the best to the worst. */
export const VERDICTS = Object.keys(VERDICT_TRAITS) as readonly Verdict[];

/** The results of all runs of one case. */
export interface CaseSummary {
  /** The identifier of the case. */
  readonly id: string;
  /** Its suite. */
  readonly suite: string;
  /** Its level. */
  readonly level: Level;
  /** What holds, in one sentence. */
  readonly title: string;
  /** The statements that it shows. */
  readonly spec: readonly string[];
  /** The worst verdict of its runs. */
  readonly verdict: Verdict;
  /** Its runs, the simplest first. */
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
  return Array.from(runsOf, ([id, of]) => {
    const runs = of.sort((a, b) => compareSimplicity(a.name, b.name));
    const [{ suite, level, title, spec }] = runs as [Result];
    return { id, suite, level, title, spec, verdict: worst(runs), runs };
  });
}

/** Returns the runs of a case to which it owes its verdict. */
export function decisiveRuns(
  { verdict, runs }: CaseSummary,
): readonly [Result, ...Result[]] {
  return runs.filter((run) => run.verdict === verdict) as [Result];
}

/** Returns whether a case was judged, but not in every run, since the implementation skips others. */
export function isSkippedInPart({ verdict, runs }: CaseSummary): boolean {
  return !isSilent(verdict) && runs.some((run) => run.verdict === "skipped");
}

/** Returns names of runs of a case, without the identifier, up to a number of them. */
export function runNames(runs: readonly Result[], most: number): string {
  const names = runs.slice(0, most)
    .map(({ name, id }) => name.slice(id.length + 1));
  const left = runs.length - names.length;
  return names.join(" ") + (left > 0 ? ` and ${left} more` : "");
}

/** Returns the worst of some verdicts; runs that show nothing count only if there are no others. */
export function worst(results: readonly Pick<Result, "verdict">[]): Verdict {
  const ran = results.filter(({ verdict }) => !isSilent(verdict));
  return (ran.length > 0 ? ran : results)
    .map(({ verdict }) => verdict)
    .reduce((one, other) => rank(one) > rank(other) ? one : other);
}

function rank(verdict: Verdict): number {
  return VERDICTS.indexOf(verdict);
}

/** Returns that the implementation exited, and no case explains it; `undefined` if that did not happen. */
export function unexplainedExits(
  { exits }: Pick<Report, "exits">,
): string | undefined {
  return exits &&
    `the implementation exited ${
      counted(exits.times, "time")
    }, and no case that was running then ends it when it runs alone`;
}

/** Returns a number with a noun. */
export function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
