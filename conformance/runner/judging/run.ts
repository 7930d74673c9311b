/**
 * Judges an implementation: plans and executes runs, compares failures with the known ones, and reports.
 *
 * @module
 */

import { CORPUS, type Corpus } from "../cases/corpus.ts";
import type { CaseRun } from "../cases/expand.ts";
import { glob } from "../cases/glob.ts";
import { suiteOf } from "../cases/suites.ts";
import { compareSimplicity } from "../cases/order.ts";
import { allRuns, choose, compare, type PlanOptions } from "../cases/plan.ts";
import { printable } from "../printable.ts";
import { measureRoundTrip, runSession } from "../session/mod.ts";
import {
  type OpenImplementation,
  RunningImplementation,
} from "./_running_implementation.ts";
import { judgeCodec, type Judgement } from "./codec_judge.ts";
import { execute } from "./execute.ts";
import type { Outcome } from "./execution.ts";
import {
  explanation,
  type KnownFailure,
  KnownFailures,
} from "./known_failures.ts";
import { ATTEMPTS, dependsOn, preflight, wayOf } from "./preflight.ts";
import type {
  PreflightFailure,
  Report,
  Result,
  TraceEntry,
  Verdict,
} from "./report.ts";
import type { Reporter } from "./reporter.ts";
import { targetShare } from "./target_share.ts";
import { testedStatements } from "./tested_statements.ts";
import { unmetExpectation } from "./expected_cases.ts";

export type { OpenImplementation };

/** What is run, and how it is judged. */
export interface RunOptions extends PlanOptions {
  /** The cases; the corpus of this package by default. */
  readonly corpus?: Corpus | undefined;
  /** The level up to which failures count; `"must"` by default. */
  readonly level?: "must" | "should" | undefined;
  /** The known failures. */
  readonly known?: readonly KnownFailure[] | undefined;
  /** The known failures that happen now and then. */
  readonly flaky?: readonly KnownFailure[] | undefined;
  /** How many cases run at the same time; 16 by default. */
  readonly jobs?: number | undefined;
  /**
   * How many instances may run at the same time, for cases that run alone because they may end one; 1 by
   * default.
   */
  readonly instances?: number | undefined;
  /** The seed of random choices; 1 by default. */
  readonly seed?: number | undefined;
  /** The factor for all time limits; 1 by default. */
  readonly timeoutScale?: number | undefined;
  /** Whether passing runs have a trace in the report too. */
  readonly trace?: boolean | undefined;
  /** Whether to stop at the first failure that counts. */
  readonly failFast?: boolean | undefined;
  /**
   * The cases that have to apply: at least this number, or those with these identifiers that were chosen.
   * A run in which they do not has the status 4.
   */
  readonly expectCases?: number | readonly string[] | undefined;
  /**
   * Whether to try each role over each transport first: to connect, to exchange the version, and to answer
   * an echo. If that fails, the cases that depend on it are not run. `true` by default.
   */
  readonly preflight?: boolean | undefined;
  /** The command line that repeats a run, without the name of the run, for reports. */
  readonly command?: string | undefined;
  /** Receives the results during the run. */
  readonly reporter?: Reporter | undefined;
  /** Ends the run early; the report has the results so far. */
  readonly signal?: AbortSignal | undefined;
}

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
  const { corpus = CORPUS, level = "must", jobs = 16, seed = 1 } = options;
  const { instances = 1, reporter, failFast = false, trace = false } = options;
  const all = allRuns(corpus);
  const chosen = choose(all, options);
  const known = new KnownFailures(options.known);
  const flaky = new KnownFailures(options.flaky);
  const started = new Date().toISOString();
  const began = performance.now();
  const first = await RunningImplementation.start(open);
  const { description } = first;
  const canBeRun = (run: CaseRun) =>
    run.kind !== "session" || run.over !== "memory" ||
    first.adopt !== undefined;
  const planned = chosen.filter(canBeRun);
  const toResult = resultMaker({ level, trace, known, flaky });
  reporter?.begin?.({ total: planned.length, description });
  const failures = options.preflight === false
    ? []
    : await preflight(planned, first, {
      timeout: TIMEOUT * (options.timeoutScale ?? 1),
      signal: options.signal ?? NEVER,
    });
  const unreached = planned.filter((run) => failureOf(run, failures));
  const reached = failFast && failures.length > 0
    ? []
    : planned.filter((run) => failureOf(run, failures) === undefined)
      .sort((a, b) => compareSimplicity(a.name, b.name));
  const outcomes = await execute(reached, {
    open,
    first,
    jobs,
    instances,
    expected: ({ name }) => known.expected(name) ?? flaky.expected(name),
    endingTimeout: TIMEOUT * (options.timeoutScale ?? 1),
    judge: judgeWith(options),
    done: (outcome) => reporter?.result?.(toResult(outcome)),
    isEnough: (outcome) => {
      const { gated, verdict } = toResult(outcome);
      return failFast && gated && isFailure(verdict);
    },
    remark: (text) => reporter?.remark?.(printable(text)),
    signal: options.signal,
  });
  const results = [
    ...outcomes.map(toResult),
    ...unreached.map((run) =>
      toUnreached(toResult, run, failureOf(run, failures)!)
    ),
  ].sort((a, b) => compare(a.name, b.name));
  const stale = known.stale(
    all.filter(canBeRun).map(({ name }) => name),
    new Map(results.map(({ name, verdict }) => [name, verdict])),
  );
  const isInterrupted = options.signal?.aborted === true &&
    results.length < planned.length;
  const nameless = stale.filter((pattern) => !all.some(matches(pattern)));
  const unmet = isInterrupted
    ? undefined
    : unmetExpectation(options.expectCases, results, planned);
  const report: Report = {
    schema: 1,
    corpus: { version: corpus.version },
    implementation: description.implementation,
    description,
    started,
    duration: Math.round(performance.now() - began),
    options: { level, seed, jobs },
    ...options.command === undefined ? {} : { command: options.command },
    results,
    planned: planned.length,
    ...isInterrupted ? { interrupted: true } : {},
    ...failures.length === 0
      ? {}
      : { preflight: failures.map(printableFailure) },
    stale,
    ...nameless.length === 0 ? {} : { nameless },
    ...unmet === undefined ? {} : { unmet },
    ...first.takesOperationsOnly && first.whyUnfit !== undefined
      ? { target: targetShare(planned, results, description, first.whyUnfit) }
      : {},
    statements: testedStatements(corpus, all, results),
    status: isInterrupted
      ? 130
      : statusOf(results, stale.length > 0 || unmet !== undefined),
  };
  reporter?.end?.(report);
  return report;
}

/** How long an expectation may take, in milliseconds. */
const TIMEOUT = 3_000;

/** Never aborted. */
const NEVER: AbortSignal = new AbortController().signal;

function failureOf(
  run: CaseRun,
  failures: readonly PreflightFailure[],
): PreflightFailure | undefined {
  return failures.find((failure) => dependsOn(run, failure));
}

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

/** Returns a function that judges runs of either kind. */
function judgeWith(
  { seed = 1, timeoutScale = 1, signal }: RunOptions,
): (run: CaseRun, implementation: RunningImplementation) => Promise<Judgement> {
  const roundTrips = new WeakMap<RunningImplementation, Promise<number>>();
  return async (run, implementation) => {
    const { description } = implementation;
    if (run.kind !== "session") {
      return await judgeCodec(run, implementation, description);
    }
    let roundTrip = roundTrips.get(implementation);
    if (roundTrip === undefined) {
      roundTrip = measureRoundTrip(implementation, description);
      roundTrips.set(implementation, roundTrip);
    }
    const environment = {
      implementation,
      description,
      roundTrip: await roundTrip,
      timeout: TIMEOUT * timeoutScale,
      seed,
    };
    const signals = signal === undefined
      ? [implementation.exited]
      : [implementation.exited, signal];
    return await runSession(run, environment, AbortSignal.any(signals));
  };
}

/** Returns whether a verdict is a failure that is not listed. */
export function isFailure(verdict: Verdict): boolean {
  return verdict === "fail" || verdict === "errored";
}

interface Lists {
  readonly level: "must" | "should";
  readonly trace: boolean;
  readonly known: KnownFailures;
  readonly flaky: KnownFailures;
}

/** Returns a function that turns an outcome into a result, with regard to the lists. */
function resultMaker(
  { level, trace, known, flaky }: Lists,
): (outcome: Outcome) => Result {
  return (outcome) => {
    const { run: { name, case: about } } = outcome;
    const entry = isFailure(outcome.verdict)
      ? known.find(name) ?? flaky.find(name)
      : undefined;
    const verdict = entry === undefined
      ? outcome.verdict
      : known.find(name) === entry
      ? "known"
      : "flaky";
    const { reason, expected } = outcome;
    return {
      name,
      id: about.id,
      suite: suiteOf(about.id),
      level: about.level,
      title: about.title,
      spec: about.spec,
      verdict,
      gated: about.level !== "may" &&
        (about.level !== "should" || level === "should"),
      ...reason === undefined ? {} : {
        reason: printable(
          entry === undefined ? reason : explanation(entry) + reason,
        ),
      },
      ...expected === undefined ? {} : { expected: expected.map(printable) },
      ...trace || verdict !== "pass" && outcome.trace.length > 0
        ? { trace: outcome.trace.map(printableEntry) }
        : {},
      duration: Math.round(outcome.duration * 100) / 100,
    };
  };
}

function printableEntry(entry: TraceEntry): TraceEntry {
  return { ...entry, text: printable(entry.text) };
}

function statusOf(
  results: readonly Result[],
  isUnexpected: boolean,
): Report["status"] {
  const isIdle = ({ verdict, unreached }: Result) =>
    unreached || isSilent(verdict);
  if (results.every(isIdle)) return 3;
  if (results.some(({ gated, verdict }) => gated && isFailure(verdict))) {
    return 1;
  }
  return isUnexpected ? 4 : 0;
}

/** Returns whether a run shows nothing about the implementation. */
function isSilent(verdict: Verdict): boolean {
  return verdict === "skipped" || verdict === "not-applicable";
}

function matches(pattern: string): (run: CaseRun) => boolean {
  const isMatch = glob(pattern);
  return ({ name }) => isMatch(name);
}
