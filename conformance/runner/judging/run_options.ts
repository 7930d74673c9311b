/**
 * The options of a run of the suite.
 *
 * @module
 */

import type { Corpus } from "../cases/corpus.ts";
import type { PlanOptions } from "../cases/plan.ts";
import type { KnownFailure } from "./known_failures.ts";
import type { Reporter } from "./reporter.ts";

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
   * The cases that have to apply: at least this number, or those of a report of the kind `cases` that were
   * chosen. A run in which they do not has the status 4.
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
