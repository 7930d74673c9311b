/**
 * Updates a list of known failures from a report.
 *
 * @module
 */

import { glob } from "../cases/glob.ts";
import {
  explanation,
  type KnownFailure,
  KnownFailures,
} from "./known_failures.ts";
import type { Report, Result } from "./report.ts";
import { isBad, isGood } from "./verdicts.ts";

/** The reason of an entry without an explanation. */
export const UNEXPLAINED = "Not explained yet.";

/**
 * Returns the list that matches a report: entries of which something failed are
 * kept, with what was observed; stale ones are removed; failures that no entry
 * matches are added, for somebody to explain.
 *
 * @param names The full names of all runs of the corpus. Entries of which the report lacks some are not
 * stale.
 */
export function updateKnownFailures(
  entries: readonly KnownFailure[],
  { results }: Pick<Report, "results">,
  names: readonly string[],
): KnownFailure[] {
  const reached = results.filter(({ unreached }) => !unreached);
  const failed = reached.filter(({ verdict, gated }) =>
    verdict === "known" || gated && isBad(verdict)
  );
  const verdicts = new Map(reached.map(({ name, verdict }) => [name, verdict]));
  const stale = new Set(
    new KnownFailures(entries).stale(
      [...new Set([...names, ...results.map(({ name }) => name)])],
      verdicts,
    ),
  );
  const kept = entries.flatMap((entry) => {
    const first = failed.find(({ name }) => glob(entry.case)(name));
    if (first !== undefined) {
      return [{ ...entry, observed: observedIn(first, entry) }];
    }
    return stale.has(entry.case) ? [] : [entry];
  });
  const isKept = ({ name }: Result) =>
    kept.some((entry) => glob(entry.case)(name));
  const others = Map.groupBy(
    failed.filter((result) => !isKept(result)),
    ({ id }) => id,
  );
  const added = Array.from(
    others,
    ([id, of]) =>
      patterns(id, of, reached).map(({ pattern, example }) => ({
        case: pattern,
        reason: UNEXPLAINED,
        observed: example.reason ?? "failed",
      })),
  ).flat();
  return [...kept, ...added].sort((a, b) => a.case < b.case ? -1 : 1);
}

/** Returns what was observed, without the reason of the entry that reports put before it. */
function observedIn(
  { reason = "failed" }: Result,
  entry: KnownFailure,
): string {
  const prefix = explanation(entry);
  return reason.startsWith(prefix) ? reason.slice(prefix.length) : reason;
}

/** Returns the identifier if no run of the case passed, else the names of the runs that failed. */
function patterns(
  id: string,
  failed: readonly Result[],
  results: readonly Result[],
): { readonly pattern: string; readonly example: Result }[] {
  const hasPassed = results.some((result) =>
    result.id === id &&
    isGood(result.verdict)
  );
  return hasPassed
    ? failed.map((example) => ({ pattern: example.name, example }))
    : [{ pattern: id, example: failed[0]! }];
}
