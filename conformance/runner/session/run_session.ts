/**
 * Runs a session case and judges it.
 *
 * @module
 */

import type { Role, SessionCase, Transport } from "../cases/case.ts";
import type { TraceEntry } from "../judging/report.ts";
import type { Description, Implementation } from "../implementation.ts";
import { whyNotApplicable } from "./_applicability.ts";
import { CaseRun } from "./_case_run.ts";
import { isVirtual } from "./_case_traits.ts";
import { endOf } from "./_ending.ts";
import { judgementOf } from "./_judgement.ts";
import type { Unit } from "./_outgoing.ts";
import { Trace } from "./_trace.ts";
import { takeTurn } from "./_turns.ts";

/** Who is judged, and how patiently. */
export interface SessionEnvironment {
  /** The implementation. */
  readonly subject: Implementation;
  /** What it says of itself. */
  readonly description: Description;
  /** The measured round trip of an echo, in milliseconds; quiet steps are derived from it. */
  readonly roundTrip: number;
  /** How long an expectation may take, in milliseconds: 3000 unless told otherwise. */
  readonly patience: number;
  /** Where random choices begin. */
  readonly seed: number;
}

/** A case, and one of the ways in which it is run. */
export interface SessionRun {
  /** The case. */
  readonly case: SessionCase;
  /** What the implementation is. */
  readonly role: Role;
  /** What carries the bytes. */
  readonly over: Transport;
  /** What one WebSocket message is; `"split"` when absent. */
  readonly unit?: Unit;
}

/** What became of a run. */
export interface SessionVerdict {
  /** The verdict. */
  readonly verdict:
    | "pass"
    | "weak"
    | "fail"
    | "skipped"
    | "not-applicable"
    | "errored";
  /** Why, in one line; absent for a plain pass. */
  readonly reason?: string;
  /** What would have been right, one alternative an entry. */
  readonly expected?: readonly string[];
  /** What happened. */
  readonly trace: readonly TraceEntry[];
}

/**
 * Runs a case with an implementation and judges what it did.
 *
 * It takes a bounded time whatever the implementation does, leaves nothing open, and never rejects.
 */
export async function runSession(
  run: SessionRun,
  environment: SessionEnvironment,
  signal: AbortSignal,
): Promise<SessionVerdict> {
  const { subject, description } = environment;
  const why = whyNotApplicable(run, subject, description);
  if (why !== undefined) {
    return { verdict: "not-applicable", reason: why, trace: [] };
  }
  const play = () => judge(run, environment, signal);
  // Virtual time passes for all connections of an implementation, and its memory is one.
  const isAlone = isVirtual(run.case) ||
    run.case.steps.some((step) => "memory" in step);
  return await (isAlone ? takeTurn(subject, play) : play());
}

async function judge(
  run: SessionRun,
  { subject, roundTrip, patience }: SessionEnvironment,
  signal: AbortSignal,
): Promise<SessionVerdict> {
  const trace = new Trace();
  const playing = new CaseRun({
    ...run,
    unit: run.unit,
    subject,
    trace,
    roundTrip,
    patience,
    signal: AbortSignal.any([signal, endOf(subject)]),
  });
  try {
    const weak = await playing.run();
    return weak.length === 0
      ? { verdict: "pass", trace: trace.entries }
      : { verdict: "weak", reason: weak.join("; "), trace: trace.entries };
  } catch (thrown) {
    const { verdict, message, expected } = judgementOf(thrown);
    return {
      verdict,
      reason: message,
      ...(expected === undefined ? {} : { expected }),
      trace: trace.entries,
    };
  } finally {
    await playing.dispose();
  }
}
