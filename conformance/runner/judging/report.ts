/**
 * The report of a run, as data: the source of every report format.
 *
 * @module
 */

import type { Level, Role, Transport } from "../cases/case.ts";
import type { Description } from "../implementation.ts";

/**
 * The verdict of one run of a case.
 *
 * - `pass`: as required
 * - `weak`: acceptable, but not the best behaviour, with a reason
 * - `fail`: not as required
 * - `known`: failed, and is a known failure
 * - `flaky`: failed, and is known to fail now and then
 * - `skipped`: the implementation or its adapter cannot do this
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
  /** The source: sent by the runner (`>`), sent by the implementation (`<`), or a remark (`#`). */
  readonly by: ">" | "<" | "#";
  /** A line of text: a described message, raw bytes, the end of a connection, or a command. */
  readonly text: string;
}

/** The result of one run of a case. */
export interface Result {
  /** The full name: the identifier and what it was expanded by. */
  readonly name: string;
  /** The identifier of the case. */
  readonly id: string;
  /** `codec`, `session`, `websocket`, `extensions` or `hostile`. */
  readonly suite: string;
  /** The level of the case. */
  readonly level: Level;
  /** What the case requires. */
  readonly title: string;
  /** The statements that the case tests. */
  readonly spec: readonly string[];
  /** The verdict. */
  readonly verdict: Verdict;
  /** Whether a failure counts at the level of the run. */
  readonly gated: boolean;
  /** The reason on one line; absent for a plain pass. */
  readonly reason?: string;
  /** What would have passed, one alternative in each entry. */
  readonly expected?: readonly string[];
  /** What happened; absent for passing runs unless traces were requested. */
  readonly trace?: readonly TraceEntry[];
  /** The duration, in milliseconds. */
  readonly duration: number;
  /** Present if the run is listed as a failure, but could not be judged. */
  readonly errored?: true;
  /** Present if the run did not take place, since a preflight failed that it depends on. */
  readonly unreached?: true;
}

/**
 * A first step that failed before the cases were run. The cases that depend on
 * it are not run.
 */
export interface PreflightFailure {
  /** The role of the implementation. */
  readonly role: Role;
  /** The transport. */
  readonly over: Transport;
  /** What failed: to connect, to exchange the version, to answer at all, or to answer an echo. */
  readonly stage: "connect" | "version" | "answer" | "echo";
  /** The reason on one line. */
  readonly reason: string;
  /** What would have passed, one alternative in each entry. */
  readonly expected?: readonly string[];
  /** What happened. */
  readonly trace: readonly TraceEntry[];
  /** The number of cases that depend on it. */
  readonly cases: number;
}

/**
 * How a run ended, which is also its exit status; but one that SIGTERM interrupted exits with status 143.
 *
 * - 0: everything is as expected
 * - 1: a failure counts, or the implementation exited for no reason that a case explains
 * - 3: nothing was judged
 * - 4: a listed failure no longer occurs, or an expected case was not judged
 * - 130: the run was interrupted
 */
export type RunStatus = 0 | 1 | 3 | 4 | 130;

/** The number of results with each verdict. */
export type Counts = Readonly<Record<Verdict, number>>;

/** The report of a run. */
export interface Report {
  /** The version of this format. */
  readonly schema: 1;
  /** The corpus that was run. */
  readonly corpus: {
    /** Its version. */
    readonly version: string;
    /** Present if the cases were not those of the corpus, but others in its form. */
    readonly own?: true;
  };
  /** The implementation under test. */
  readonly implementation: Description["implementation"];
  /** The description that it gives of itself. */
  readonly description: Description;
  /** When the run began, in ISO 8601, UTC. */
  readonly started: string;
  /** The duration, in milliseconds. */
  readonly duration: number;
  /** The options of the run. */
  readonly options: {
    /** The level up to which failures count. */
    readonly level: "must" | "should";
    /** The seed of random choices. */
    readonly seed: number;
    /** How many cases ran at the same time. */
    readonly jobs: number;
  };
  /**
   * The command line that repeats a run, to which `--run` and the name of the
   * run are added; absent if the runner was not started on a command line.
   */
  readonly command?: string;
  /** One for each run of a case, sorted by name. */
  readonly results: readonly Result[];
  /** How many runs were planned; more than there are results if the run ended early. */
  readonly planned?: number;
  /** Present if the run was interrupted. */
  readonly interrupted?: true;
  /** Present if cases that apply, and whose failures count, were left out: by a choice of cases, or by an early end. */
  readonly leftOut?: {
    /** The number of cases that were left out, in some or all of their runs. */
    readonly cases: number;
    /** The number of all cases that apply and whose failures count. */
    readonly of: number;
  };
  /** The first steps that failed. */
  readonly preflight?: readonly PreflightFailure[];
  /** Present if the implementation exited, and no case that was running then ends it when it runs alone. */
  readonly exits?: {
    /** How often. */
    readonly times: number;
    /** How it exited the last time, on one line. */
    readonly last: string;
  };
  /** The patterns of known failures of which nothing failed. */
  readonly stale: readonly string[];
  /** Those of these patterns that match no case of the corpus. */
  readonly nameless?: readonly string[];
  /** The expectation that was not met: how many cases apply, or which ones do. */
  readonly unmet?: {
    /** The number of cases that had to apply. */
    readonly cases: number;
    /** The number of them that did, in every role and over every transport that was expected. */
    readonly judged: number;
    /** What did not, if the expectation named it. */
    readonly missing?: readonly string[];
  };
  /** Of a server that was tested without an adapter: how many of the chosen cases for servers apply. */
  readonly target?: {
    /** The number of cases over the transports of the target. */
    readonly cases: number;
    /** The number of them that apply. */
    readonly applied: number;
    /** What would let others apply, and how many. */
    readonly more: readonly {
      /** Options of the runner, or after `#` those of an address of the target. */
      readonly with: string;
      /** The number of cases. */
      readonly cases: number;
    }[];
    /** The number of cases that only an adapter would let apply. */
    readonly adapter: number;
  };
  /** The statements of the protocol, and the results that test them. */
  readonly statements: readonly {
    /** The identifier of the statement. */
    readonly id: string;
    /** Its level. */
    readonly level: Level;
    /** The number of passing results that test it. */
    readonly passed: number;
    /** The number of failing results that test it. */
    readonly failed: number;
    /** Whether a case that is at least as binding was judged. */
    readonly tested: boolean;
    /** Why no such case was judged. */
    readonly untested?: string;
  }[];
  /** The exit status of the command. */
  readonly status: RunStatus;
}
