/**
 * Judges an implementation: plans and executes runs, compares failures with the known ones, and reports.
 *
 * @module
 */

import { CORPUS, type Corpus } from "../cases/corpus.ts";
import type { CaseRun } from "../cases/expand.ts";
import { glob } from "../cases/glob.ts";
import { compareSimplicity } from "../cases/order.ts";
import { allRuns, choose, compare } from "../cases/plan.ts";
import { printable } from "../printable.ts";
import {
  type OpenImplementation,
  RunningImplementation,
} from "./_running_implementation.ts";
import { executionOf, JOBS, type Plan, planOf } from "./_execution_of.ts";
import { TIMEOUT } from "./_judge_run.ts";
import { printableEntry } from "./_results.ts";
import type { Outcome } from "./execution.ts";
import { ATTEMPTS, dependsOn, preflight, wayOf } from "./preflight.ts";
import type { PreflightFailure, Report, Result } from "./report.ts";
import type { RunOptions } from "./run_options.ts";
import { executeInShards, type Shard } from "./shard.ts";
import { targetShare } from "./target_share.ts";
import { testedStatements } from "./tested_statements.ts";
import { unmetExpectation } from "./expected_cases.ts";
import { leftOutOf } from "./left_out.ts";
import { isBad, isJudged } from "./verdicts.ts";

export type { OpenImplementation, RunOptions };

/**
 * Runs cases against an implementation, and returns a report.
 *
 * @param open Starts an instance of the implementation: at the beginning, and again after a crash.
 * @throws {AdapterError} If the implementation cannot be used at all.
 * @throws {TypeError} If a pattern is malformed.
 *
 * @example In a test of an implementation
 * ```ts ignore
 * import { run } from "@gotalk/conformance";
 * import { assertEquals } from "@std/assert";
 *
 * const report = await run(() => new MyImplementation(), { suites: ["codec"] });
 * assertEquals(report.status, 0);
 * ```
 */
export async function run(
  open: OpenImplementation,
  options: RunOptions = {},
): Promise<Report> {
  return await runInShards(open, options, []);
}

/**
 * Runs cases against an implementation in this thread and in shards, and returns
 * a report.
 *
 * @throws {AdapterError} If the implementation cannot be used at all.
 * @throws {TypeError} If a pattern is malformed.
 */
export async function runInShards(
  open: OpenImplementation,
  options: RunOptions,
  shards: readonly Shard[],
): Promise<Report> {
  const { corpus = CORPUS, reporter, failFast = false, signal } = options;
  const all = allRuns(corpus);
  const chosen = choose(all, options);
  const plan = planOf(options);
  const { toResult } = plan;
  const started = new Date();
  const began = performance.now();
  const first = await RunningImplementation.start(open);
  const canBeRun = (run: CaseRun) =>
    run.kind !== "session" || run.over !== "memory" ||
    first.adopt !== undefined;
  const planned = chosen.filter(canBeRun);
  const { description } = first;
  reporter?.begin?.({ total: planned.length, description });
  const failures = options.preflight === false
    ? []
    : await preflight(planned, first, {
      timeout: TIMEOUT * (options.timeoutScale ?? 1),
      signal: signal ?? NEVER,
    });
  const failureOf = (run: CaseRun) =>
    failures.find((failure) =>
      dependsOn(run, failure, first.takesOperationsOnly)
    );
  const unreached = planned.filter((run) => failureOf(run));
  const reached = failFast && failures.length > 0
    ? []
    : planned.filter((run) => failureOf(run) === undefined)
      .sort((a, b) => compareSimplicity(a.name, b.name));
  const exits: string[] = [];
  const execution = executionOf(plan, open, first, {
    exited: (how) => exits.push(how),
    done: (outcome) => reporter?.result?.(toResult(outcome)),
    remark: (text) => reporter?.remark?.(text),
    signal,
  });
  const outcomes = await executeInShards(reached, execution, shards);
  const report = reportOf({
    plan,
    corpus,
    possible: all.filter(canBeRun),
    planned,
    first,
    failures,
    exits,
    results: [
      ...outcomes.map(toResult),
      ...unreached.map((run) => toUnreached(toResult, run, failureOf(run)!)),
    ].sort((a, b) => compare(a.name, b.name)),
    threads: shards.length + 1,
    started,
    duration: performance.now() - began,
  });
  reporter?.end?.(report);
  return report;
}

/** What a run has found. */
interface Findings {
  readonly plan: Plan;
  readonly corpus: Corpus;
  /** All runs of the corpus that the implementation can have. */
  readonly possible: readonly CaseRun[];
  /** Those of them that were chosen. */
  readonly planned: readonly CaseRun[];
  readonly first: RunningImplementation;
  readonly failures: readonly PreflightFailure[];
  /** How the implementation exited, each time that no run explains. */
  readonly exits: readonly string[];
  /** Sorted by name. */
  readonly results: readonly Result[];
  readonly threads: number;
  readonly started: Date;
  readonly duration: number;
}

/** @throws {Error} If a run that took place has no result. */
function reportOf(
  {
    plan,
    corpus,
    possible,
    planned,
    first,
    failures,
    exits,
    results,
    ...times
  }: Findings,
): Report {
  const { options, known } = plan;
  const { level = "must", seed = 1, signal, failFast = false } = options;
  const { description, takesOperationsOnly, whyUnfit } = first;
  const isPart = results.length < planned.length;
  const isInterrupted = signal?.aborted === true && isPart;
  if (isPart && !isInterrupted && !failFast) {
    throw new Error(
      `Cannot report the run: ${results.length} of ${planned.length} runs have a result`,
    );
  }
  const stale = known.stale(
    possible.map(({ name }) => name),
    new Map(results.map(({ name, verdict }) => [name, verdict])),
  );
  const leftOut = leftOutOf({
    possible,
    planned: new Set(planned.map(({ name }) => name)),
    results,
    level,
  }, first);
  const all = allRuns(corpus);
  const nameless = stale.filter((pattern) => !all.some(matches(pattern)));
  const unmet = isInterrupted
    ? undefined
    : unmetExpectation(options.expectCases, results, planned);
  return {
    schema: 1,
    corpus: {
      version: corpus.version,
      ...corpus.own ? { own: true } : {},
    },
    implementation: description.implementation,
    description,
    started: times.started.toISOString(),
    duration: Math.round(times.duration),
    options: { level, seed, jobs: (options.jobs ?? JOBS) * times.threads },
    ...options.command === undefined ? {} : { command: options.command },
    results,
    planned: planned.length,
    ...isInterrupted ? { interrupted: true } : {},
    ...leftOut === undefined ? {} : { leftOut },
    ...failures.length === 0
      ? {}
      : { preflight: failures.map(printableFailure) },
    ...exits.length === 0
      ? {}
      : { exits: { times: exits.length, last: exits.at(-1)! } },
    stale,
    ...nameless.length === 0 ? {} : { nameless },
    ...unmet === undefined ? {} : { unmet },
    ...takesOperationsOnly && whyUnfit !== undefined
      ? { target: targetShare(planned, results, description, whyUnfit) }
      : {},
    statements: testedStatements(corpus, all, results),
    status: isInterrupted ? 130 : statusOf(
      results,
      exits.length > 0,
      stale.length > 0 || unmet !== undefined,
    ),
  };
}

/** Never aborted. */
const NEVER: AbortSignal = new AbortController().signal;

/** Returns the result of a run that did not take place. */
function toUnreached(
  toResult: (outcome: Outcome) => Result,
  run: CaseRun,
  failure: PreflightFailure,
): Result {
  const { stage, reason } = failure;
  return {
    ...toResult({
      run,
      verdict: "errored",
      reason: `not reached, as ${wayOf(failure)} failed to ${
        ATTEMPTS[stage]
      }: ${reason}`,
      trace: [],
      duration: 0,
    }),
    unreached: true,
  };
}

function printableFailure(failure: PreflightFailure): PreflightFailure {
  const { reason, expected, trace } = failure;
  return {
    ...failure,
    reason: printable(reason),
    ...expected === undefined ? {} : { expected: expected.map(printable) },
    trace: trace.map(printableEntry),
  };
}

function statusOf(
  results: readonly Result[],
  hasExited: boolean,
  isUnexpected: boolean,
): Report["status"] {
  const counts = ({ gated, verdict, unreached }: Result) =>
    gated && isBad(verdict) && !unreached;
  if (results.some(counts)) return 1;
  if (!results.some(isJudged)) return 3;
  if (hasExited) return 1;
  // What a failed preflight left out counts only if something was judged.
  if (results.some(({ gated, verdict }) => gated && isBad(verdict))) return 1;
  return isUnexpected ? 4 : 0;
}

function matches(pattern: string): (run: CaseRun) => boolean {
  const isMatch = glob(pattern);
  return ({ name }) => isMatch(name);
}
