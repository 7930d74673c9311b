/**
 * What verdicts mean, for the exit status and for every report.
 *
 * @module
 */

import type { Result, Verdict } from "./report.ts";

/**
 * Whether a run is as wanted or acceptable (`good`), shows nothing about the
 * implementation (`silent`), failed and is listed (`listed`), or failed and is
 * not (`bad`).
 */
const KINDS = {
  "pass": "good",
  "weak": "good",
  "not-applicable": "silent",
  "skipped": "silent",
  "known": "listed",
  "flaky": "listed",
  "errored": "bad",
  "fail": "bad",
} as const satisfies Readonly<
  Record<Verdict, "good" | "silent" | "listed" | "bad">
>;

/** Returns whether a run is as required or at least acceptable. */
export function isGood(verdict: Verdict): boolean {
  return KINDS[verdict] === "good";
}

/** Returns whether a run failed and is on no list. */
export function isBad(verdict: Verdict): boolean {
  return KINDS[verdict] === "bad";
}

/** Returns whether a run failed and is on a list. */
export function isListed(verdict: Verdict): boolean {
  return KINDS[verdict] === "listed";
}

/** Returns whether a run shows nothing about the implementation, and was not meant to. */
export function isSilent(verdict: Verdict): boolean {
  return KINDS[verdict] === "silent";
}

/** Returns whether a run shows something about the implementation. */
export function isJudged(
  { verdict, errored }: Pick<Result, "verdict" | "errored">,
): boolean {
  return !isSilent(verdict) && verdict !== "errored" && !errored;
}
