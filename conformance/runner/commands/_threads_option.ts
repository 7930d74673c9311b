/**
 * How many threads run the cases.
 *
 * @module
 */

import type { CaseRun } from "../cases/expand.ts";
import { type Given, numberOption } from "../command_line/arguments.ts";
import { UsageError } from "../command_line/command.ts";
import { workOf } from "../judging/pool.ts";

/** The number of threads by default, at most: each has the corpus in its memory. */
const MOST = 4;

/** How much work is worth a thread, in milliseconds: starting one takes about a second. */
const WORTH = 3_000;

/**
 * Returns the number of threads for some runs.
 *
 * @throws {UsageError} If the option has a wrong value, or the implementation cannot be started more than once.
 */
export function threadsOption(
  given: Given,
  runs: readonly CaseRun[],
): number {
  const wanted = numberOption(given, "threads");
  const jobs = numberOption(given, "jobs") ?? Infinity;
  const { attach, target } = given.text;
  // It was started elsewhere, once.
  if (attach !== undefined || target !== undefined) {
    if (wanted === undefined || wanted === 1) return 1;
    const name = attach === undefined ? "target" : "attach";
    throw new UsageError(
      `--threads is ${wanted}, wanted 1 with --${name}, which was started once`,
    );
  }
  if (wanted !== undefined) return Math.min(wanted, jobs);
  const work = runs.reduce((sum, run) => sum + workOf(run), 0);
  const worth = Math.max(1, Math.floor(work / WORTH));
  return Math.min(navigator.hardwareConcurrency, MOST, worth, jobs);
}
