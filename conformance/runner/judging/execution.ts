/**
 * How runs are executed, and their outcomes.
 *
 * @module
 */

import type { CaseRun } from "../cases/expand.ts";
import type {
  OpenImplementation,
  RunningImplementation,
} from "./_running_implementation.ts";
import type { Judgement } from "./codec_judge.ts";

/** The outcome of a run. */
export interface Outcome extends Judgement {
  readonly run: CaseRun;
  /** The duration, in milliseconds. */
  readonly duration: number;
}

/** How runs are executed. */
export interface Execution {
  /** Starts an instance of the implementation. */
  readonly open: OpenImplementation;
  /** The first instance, which the execution owns. */
  readonly first: RunningImplementation;
  /** How many cases run at the same time. */
  readonly jobs: number;
  /** How many may run at the same time while most of them only wait; `jobs` by default. */
  readonly mostJobs?: number;
  /**
   * Whether runs that wait for short time limits come first, with common runs
   * beside them; `false` by default, so that the simplest runs come first.
   */
  readonly isTimedFirst?: boolean;
  /** How many instances may run at the same time. */
  readonly instances: number;
  /** What the lists of known failures expect of a run: a failure, which mostly waits, or the end of the implementation. */
  expected(run: CaseRun): "failure" | "end" | undefined;
  /** How long a run may take that is expected to end the implementation, in milliseconds. */
  readonly endingTimeout: number;
  /** Judges a run; rejects if the implementation exits meanwhile. */
  judge(
    run: CaseRun,
    implementation: RunningImplementation,
  ): Promise<Judgement>;
  /** Called with each outcome. */
  done(outcome: Outcome): void;
  /** Returns whether no more runs are needed after an outcome. */
  isEnough(outcome: Outcome): boolean;
  /** Called when the implementation has exited, with how, and no run ends it that had been in progress. */
  exited(how: string): void;
  /** Called with remarks about the execution itself. */
  remark(text: string): void;
  readonly signal?: AbortSignal | undefined;
}
