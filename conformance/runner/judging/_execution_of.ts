/**
 * How runs are executed with the options of a run of the suite.
 *
 * @module
 */

import type { CaseRun } from "../cases/expand.ts";
import { printable } from "../printable.ts";
import { judgeWith, TIMEOUT } from "./_judge_run.ts";
import { resultMaker } from "./_results.ts";
import type {
  OpenImplementation,
  RunningImplementation,
} from "./_running_implementation.ts";
import type { Execution, Outcome } from "./execution.ts";
import { KnownFailures } from "./known_failures.ts";
import type { Result } from "./report.ts";
import type { RunOptions } from "./run_options.ts";
import { isBad } from "./verdicts.ts";

/** How many cases run at the same time in each thread by default. */
export const JOBS = 16;

/** How many run at the same time by default while most of them only wait. */
const MOST_JOBS = 96;

/** The options and the lists of one run of the suite. */
export interface Plan {
  readonly options: RunOptions;
  readonly known: KnownFailures;
  /** Returns what the lists of known failures expect of a run. */
  expected(run: CaseRun): "failure" | "end" | undefined;
  /** Turns an outcome into a result. */
  toResult(outcome: Outcome): Result;
}

/** Returns the plan that options make. */
export function planOf(options: RunOptions): Plan {
  const known = new KnownFailures(options.known);
  const flaky = new KnownFailures(options.flaky);
  const { level = "must", trace = false } = options;
  return {
    options,
    known,
    expected: ({ name }) => known.expected(name) ?? flaky.expected(name),
    toResult: resultMaker({ level, trace, known, flaky }),
  };
}

/** What an execution reports to, and what ends it. */
export interface ExecutionEvents {
  done(outcome: Outcome): void;
  exited(how: string): void;
  remark(text: string): void;
  readonly signal: AbortSignal | undefined;
}

/** Returns how runs are executed by a plan. */
export function executionOf(
  { options, expected, toResult }: Plan,
  open: OpenImplementation,
  first: RunningImplementation,
  { done, exited, remark, signal }: ExecutionEvents,
): Execution {
  const { timeoutScale = 1, failFast = false, trace = false } = options;
  return {
    open,
    first,
    jobs: options.jobs ?? JOBS,
    mostJobs: options.jobs ?? MOST_JOBS,
    instances: options.instances ?? 1,
    expected,
    endingTimeout: TIMEOUT * timeoutScale,
    judge: judgeWith({ seed: options.seed, timeoutScale, trace, signal }),
    done,
    exited: (how) => exited(printable(how)),
    isEnough: (outcome) => {
      if (!failFast) return false;
      const { gated, verdict } = toResult(outcome);
      return gated && isBad(verdict);
    },
    remark: (text) => remark(printable(text)),
    signal,
  };
}
