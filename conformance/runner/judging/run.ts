/**
 * Judges an implementation: plans and executes runs, compares failures with the known ones, and reports.
 *
 * @module
 */

import { CORPUS, type Corpus } from "../cases/corpus.ts";
import type { CaseRun } from "../cases/expand.ts";
import { suiteOf } from "../cases/suites.ts";
import { allRuns, choose, compare, type PlanOptions } from "../cases/plan.ts";
import type { Statement } from "../cases/statements.ts";
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
import type { Report, Result, TraceEntry, Verdict } from "./report.ts";
import type { Reporter } from "./reporter.ts";

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
  const outcomes = await execute(planned, {
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
  const results = outcomes.map(toResult)
    .sort((a, b) => compare(a.name, b.name));
  const stale = known.stale(
    all.filter(canBeRun).map(({ name }) => name),
    new Map(results.map(({ name, verdict }) => [name, verdict])),
  );
  const report: Report = {
    schema: 1,
    corpus: { version: corpus.version },
    implementation: description.implementation,
    description,
    started,
    duration: Math.round(performance.now() - began),
    options: { level, seed, jobs },
    results,
    stale,
    statements: coverage(corpus.statements, results),
    status: statusOf(results, stale),
  };
  reporter?.end?.(report);
  return report;
}

/** How long an expectation may take, in milliseconds. */
const TIMEOUT = 3_000;

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

function coverage(
  statements: readonly Statement[],
  results: readonly Result[],
): Report["statements"] {
  const counts = new Map(
    statements.map(({ id }) => [id, { passed: 0, failed: 0 }]),
  );
  for (const { spec, verdict } of results) {
    if (verdict === "skipped" || verdict === "not-applicable") continue;
    const isGood = verdict === "pass" || verdict === "weak";
    for (const id of spec) {
      const count = counts.get(id);
      if (count !== undefined) count[isGood ? "passed" : "failed"]++;
    }
  }
  return statements.map(({ id, level }) => ({ id, level, ...counts.get(id)! }));
}

function statusOf(
  results: readonly Result[],
  stale: readonly string[],
): Report["status"] {
  if (results.some(({ gated, verdict }) => gated && isFailure(verdict))) {
    return 1;
  }
  return stale.length > 0 ? 4 : 0;
}
