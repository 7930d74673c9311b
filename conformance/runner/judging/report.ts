/**
 * What a run has found, as data: the source of every report.
 *
 * @module
 */

import type { Level } from "../cases/case.ts";
import type { Description } from "../implementation.ts";

/**
 * What became of one run of a case.
 *
 * - `pass`: as it should be
 * - `weak`: acceptable, with a reason
 * - `fail`: not as it should be
 * - `known`: failed, and listed as known to fail
 * - `flaky`: failed, and listed as failing now and then
 * - `skipped`: the implementation, or whoever ran it, said no
 * - `not-applicable`: needs something that the implementation does not have
 * - `errored`: could not be judged
 */
export type Verdict =
  | "pass"
  | "weak"
  | "fail"
  | "known"
  | "flaky"
  | "skipped"
  | "not-applicable"
  | "errored";

/** One thing that happened while a case was run. */
export interface TraceEntry {
  /** Milliseconds since the case began. */
  readonly at: number;
  /** Who did it: the runner sent (`>`), the implementation sent (`<`), or it is about the run (`#`). */
  readonly by: ">" | "<" | "#";
  /** One line for humans: a described message, raw bytes, the end of a connection, a command. */
  readonly text: string;
}

/** What became of one run of a case. */
export interface Result {
  /** The full name: the identifier and what it was expanded by. */
  readonly name: string;
  /** The identifier of the case. */
  readonly id: string;
  /** `codec`, `session`, `websocket` or `hostile`. */
  readonly suite: string;
  /** How binding the case is. */
  readonly level: Level;
  /** What should hold. */
  readonly title: string;
  /** The statements that the case shows. */
  readonly spec: readonly string[];
  /** The verdict. */
  readonly verdict: Verdict;
  /** Whether a failure counts at the level that was asked for. */
  readonly gated: boolean;
  /** Why, in one line; absent for a plain pass. */
  readonly reason?: string;
  /** What would have been right, one alternative an entry. */
  readonly expected?: readonly string[];
  /** What happened; absent for what passed unless traces were asked for. */
  readonly trace?: readonly TraceEntry[];
  /** How long it took, in milliseconds. */
  readonly duration: number;
}

/** How many results of each verdict there are. */
export type Counts = Readonly<Record<Verdict, number>>;

/** What a run has found. */
export interface Report {
  /** The version of this form. */
  readonly schema: 1;
  /** The corpus that was run. */
  readonly corpus: { readonly version: string };
  /** Who was judged. */
  readonly implementation: Description["implementation"];
  /** What it says of itself. */
  readonly description: Description;
  /** When the run began, in ISO 8601, UTC. */
  readonly started: string;
  /** How long it took, in milliseconds. */
  readonly duration: number;
  /** What was asked for. */
  readonly options: {
    /** The level up to which failures count. */
    readonly level: "must" | "should";
    /** Where random choices began. */
    readonly seed: number;
    /** How many cases ran at the same time. */
    readonly jobs: number;
  };
  /** One for each run of a case, sorted by name. */
  readonly results: readonly Result[];
  /** Listed as known to fail, but nothing of it failed. */
  readonly stale: readonly string[];
  /** Statements of the protocol, and whether a case of this run showed them. */
  readonly statements: readonly {
    /** The identifier of the statement. */
    readonly id: string;
    /** Its level. */
    readonly level: Level;
    /** The number of passing and of failing results that show it. */
    readonly passed: number;
    readonly failed: number;
  }[];
  /** The exit status that the run calls for. */
  readonly status: 0 | 1 | 4;
}
