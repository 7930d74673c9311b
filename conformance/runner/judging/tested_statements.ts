/**
 * Which statements of the protocol a run has tested, and why it has not tested
 * the others.
 *
 * @module
 */

import type { Corpus } from "../cases/corpus.ts";
import type { CaseRun } from "../cases/expand.ts";
import { isBinding } from "../cases/levels.ts";
import { suiteOf, SUITES } from "../cases/suites.ts";
import type { Report, Result } from "./report.ts";
import { isGood, isJudged, isSilent } from "./verdicts.ts";

/**
 * Returns each statement with the results that test it.
 *
 * A statement counts as tested only by a judged case that is at least as
 * binding: in a case at level `should`, a violated `must` need not show.
 *
 * @param all All runs of the corpus, whether or not they were chosen.
 */
export function testedStatements(
  { statements, untestable = {} }: Corpus,
  all: readonly CaseRun[],
  results: readonly Result[],
): Report["statements"] {
  const runsOf = gather(all, (run) => run.case.spec);
  const resultsOf = gather(results, ({ spec }) => spec);
  return statements.map(({ id, level }) => {
    const of = resultsOf.get(id) ?? [];
    const binding = of.filter((each) => isBinding(each.level, level));
    const tested = binding.some(isJudged);
    const ran = of.filter(({ verdict, unreached }) =>
      !isSilent(verdict) && !unreached
    );
    const passed = ran.filter(({ verdict }) => isGood(verdict)).length;
    return {
      id,
      level,
      passed,
      failed: ran.length - passed,
      tested,
      ...tested ? {} : {
        untested: why(
          binding,
          (runsOf.get(id) ?? []).filter((run) =>
            isBinding(run.case.level, level)
          ),
        ) ?? lowerFirst(untestable[id]) ?? `no case at level ${level} tests it`,
      },
    };
  });
}

/** Makes a sentence the continuation of another one. */
function lowerFirst(text: string | undefined): string | undefined {
  return text === undefined
    ? undefined
    : text.slice(0, 1).toLowerCase() + text.slice(1).replace(/\.$/, "");
}

function gather<T>(
  items: readonly T[],
  keys: (item: T) => readonly string[],
): ReadonlyMap<string, readonly T[]> {
  const gathered = new Map<string, T[]>();
  for (const item of items) {
    for (const key of keys(item)) {
      const of = gathered.get(key);
      if (of === undefined) gathered.set(key, [item]);
      else of.push(item);
    }
  }
  return gathered;
}

/** Returns why no run has tested a statement; `undefined` if there are none. */
function why(
  results: readonly Result[],
  runs: readonly CaseRun[],
): string | undefined {
  if (results.length > 0) return mostFrequentReason(results);
  if (runs.length === 0) return undefined;
  return runs.every(({ name }) => SUITES[suiteOf(name)].isOptIn)
    ? "only hostile cases test it: see --hostile"
    : "no case that tests it was chosen";
}

/**
 * Returns the reason that most results have. A feature that is missing says more
 * than a role or a transport, so those come last.
 */
export function mostFrequentReason(
  results: readonly Pick<Result, "reason" | "verdict">[],
): string {
  const counts = new Map<string, number>();
  for (const { reason = "no reason given", verdict } of results) {
    const weight = /^it cannot be /.test(reason) ? 1e-6 : 1;
    const stated = verdict === "skipped" ? `it skips them: ${reason}` : reason;
    counts.set(stated, (counts.get(stated) ?? 0) + weight);
  }
  const [[reason]] = [...counts].sort(([, a], [, b]) => b - a) as [
    [string, number],
  ];
  return reason;
}
