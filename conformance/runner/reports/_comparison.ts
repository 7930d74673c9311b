/**
 * Two reports of one implementation: what has changed between them.
 *
 * @module
 */

import type { Report, Verdict } from "../judging/report.ts";
import { isBad, isGood, isListed } from "../judging/verdicts.ts";

/** What happened to a case between two reports. */
export type Change = "fixed" | "broken" | "changed" | "new" | "gone";

/** The meaning of each change, in the order of the page. */
export const CHANGES = {
  broken: "passed before, and fails now",
  fixed: "failed before, and passes now",
  changed: "has another verdict",
  new: "was not run before",
  gone: "was run before only",
} as const satisfies Readonly<Record<Change, string>>;

/** Returns whether reports are two of the same implementation, which are compared. */
export function isComparison(
  reports: readonly Report[],
): reports is readonly [Report, Report] {
  const [before, after, ...others] = reports;
  return before !== undefined && after !== undefined && others.length === 0 &&
    before.implementation.name === after.implementation.name;
}

/** Returns what happened to a case; `undefined` if nothing did. */
export function changeOf(
  before: Verdict | undefined,
  after: Verdict | undefined,
): Change | undefined {
  if (before === after) return undefined;
  if (before === undefined) return "new";
  if (after === undefined) return "gone";
  if (hasFailed(before) && isGood(after)) return "fixed";
  return isGood(before) && hasFailed(after) ? "broken" : "changed";
}

function hasFailed(verdict: Verdict): boolean {
  return isBad(verdict) || isListed(verdict);
}
