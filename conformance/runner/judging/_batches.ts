/**
 * Which runs may share an implementation.
 *
 * @module
 */

import type { CaseRun } from "../cases/expand.ts";
import { sentSize } from "../cases/sent.ts";

function isVirtual(run: CaseRun): boolean {
  return run.kind === "session" &&
    (run.case.options?.virtualTime === true ||
      run.case.steps.some((step) => "advance" in step));
}

/** A run that sends more than this at once delays others, in bytes. */
const MUCH = 256 * 1024;

/** Options that make an implementation end something after a time. */
const TIMES = [
  "handshakeTimeout",
  "loginTimeout",
  "readTimeout",
  "streamIdleTimeout",
] as const;

/** Runs, grouped by the runs with which they may share an implementation. */
export interface Batches {
  /** Runs that can run at the same time. */
  readonly common: readonly CaseRun[];
  /** Runs with virtual time: one at a time beside common ones, as an implementation has one virtual clock. */
  readonly virtual: readonly CaseRun[];
  /** Runs that are expected to fail, most of which wait for what never arrives. */
  readonly waiting: readonly CaseRun[];
  /** Runs that depend on short time limits of the implementation: they run with each other, and beside a few common ones at most. */
  readonly timed: readonly CaseRun[];
  /** Runs that send much, or let much be unread: few of them can run at the same time. */
  readonly large: readonly CaseRun[];
  /** Runs that keep the implementation as busy as they can: few of them can run at the same time. */
  readonly busy: readonly CaseRun[];
  /** Runs that measure memory, and large ones with virtual time: they run alone. */
  readonly heavy: readonly CaseRun[];
  /** Runs that are expected to end the implementation: they run alone. */
  readonly ending: readonly CaseRun[];
}

/** The name of a batch. */
export type Batch = keyof Batches;

/** Divides runs into batches. */
export function batches(
  runs: readonly CaseRun[],
  expected: (run: CaseRun) => "failure" | "end" | undefined,
): Batches {
  const divided: Record<Batch, CaseRun[]> = {
    common: [],
    virtual: [],
    waiting: [],
    timed: [],
    large: [],
    busy: [],
    heavy: [],
    ending: [],
  };
  for (const run of runs) {
    const kind = kindOf(run);
    const known = expected(run);
    const mayWait = kind === "common" || kind === "large" || kind === "busy";
    const batch = known === "end"
      ? "ending"
      : known === "failure" && mayWait
      ? "waiting"
      : kind;
    divided[batch].push(run);
  }
  return divided;
}

function measuresMemory(run: CaseRun): boolean {
  return run.kind === "session" &&
    run.case.steps.some((step) => "memory" in step);
}

function kindOf(run: CaseRun): Exclude<Batch, "waiting" | "ending"> {
  if (run.kind !== "session") return "common";
  if (measuresMemory(run)) return "heavy";
  const { steps, options = {} } = run.case;
  const isBusy = steps.some((step) => "flood" in step || "storm" in step);
  const isLarge = steps.some((step) => "hold" in step || sentSize(step) > MUCH);
  if (isVirtual(run)) return isBusy || isLarge ? "heavy" : "virtual";
  if (isBusy) return "busy";
  if (isLarge) return "large";
  return TIMES.some((name) => Number(options[name]) > 0) ? "timed" : "common";
}
