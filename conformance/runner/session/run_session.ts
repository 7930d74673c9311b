/**
 * Runs a session case and judges it.
 *
 * @module
 */

import type { Role, SessionCase, Transport } from "../cases/case.ts";
import type { Unit } from "../cases/expand.ts";
import type { TraceEntry } from "../judging/report.ts";
import type { Description, Implementation } from "../implementation.ts";
import { isVirtual, whyNotApplicable } from "./_requirements.ts";
import { StepRunner } from "./_step_runner.ts";
import { TraceLog } from "./_trace_log.ts";
import { toVerdictError, VerdictError } from "./_verdict_error.ts";

/** The implementation under test, and how much time it gets. */
export interface SessionEnvironment {
  /** The implementation. */
  readonly implementation: Implementation;
  /** Its answer to `start`. */
  readonly description: Description;
  /**
   * The measured round trip of an echo, in milliseconds; the length of quiet
   * steps depends on it.
   */
  readonly roundTrip: number;
  /** How long one expectation may take, in milliseconds; usually 3000. */
  readonly timeout: number;
  /** The seed of random choices. */
  readonly seed: number;
  /** Whether a run that passes has a trace too; `true` by default. */
  readonly trace?: boolean;
}

/** A case, and one of the ways to run it. */
export interface SessionRun {
  readonly case: SessionCase;
  /** The role of the implementation. */
  readonly role: Role;
  /** The transport. */
  readonly over: Transport;
  /** What one WebSocket message is; `"split"` by default. */
  readonly unit?: Unit;
}

/** The result of a run. */
export interface SessionVerdict {
  readonly verdict:
    | "pass"
    | "weak"
    | "fail"
    | "skipped"
    | "not-applicable"
    | "errored";
  /** The reason in one line; absent for a plain pass. */
  readonly reason?: string;
  /** What would have passed, one alternative per entry. */
  readonly expected?: readonly string[];
  /** What happened. */
  readonly trace: readonly TraceEntry[];
}

/**
 * Runs a case with an implementation and judges it.
 *
 * A run takes a limited time whatever the implementation does, leaves nothing
 * open, and never rejects.
 */
export async function runSession(
  run: SessionRun,
  environment: SessionEnvironment,
  signal: AbortSignal,
): Promise<SessionVerdict> {
  const { implementation, description } = environment;
  const reason = whyNotApplicable(run, implementation, description);
  if (reason !== undefined) {
    return { verdict: "not-applicable", reason, trace: [] };
  }
  const unable = implementation.whyUnfit?.(run.case, run.over, run.unit);
  if (unable !== undefined) {
    return { verdict: "skipped", reason: unable, trace: [] };
  }
  const judgeRun = () => judge(run, environment, signal);
  // All connections of an implementation share its virtual time and its memory.
  const isExclusive = isVirtual(run.case) ||
    run.case.steps.some((step) => "memory" in step);
  return await (isExclusive
    ? runExclusively(implementation, judgeRun)
    : judgeRun());
}

async function judge(
  run: SessionRun,
  { implementation, roundTrip, timeout, trace: isTraced = true }:
    SessionEnvironment,
  signal: AbortSignal,
): Promise<SessionVerdict> {
  const trace = new TraceLog();
  const runner = new StepRunner({
    ...run,
    unit: run.unit,
    implementation,
    trace,
    roundTrip,
    timeout,
    signal: AbortSignal.any([signal, endOf(implementation)]),
  });
  try {
    const weak = await runner.run();
    return weak.length === 0
      ? { verdict: "pass", trace: isTraced ? trace.entries : [] }
      : { verdict: "weak", reason: weak.join("; "), trace: trace.entries };
  } catch (thrown) {
    const { verdict, message, expected } = toVerdictError(thrown);
    return {
      verdict,
      reason: message,
      ...(expected === undefined ? {} : { expected }),
      trace: trace.entries,
    };
  } finally {
    await runner.dispose();
  }
}

/** The last exclusive run of each implementation. */
const lastExclusive = new WeakMap<Implementation, Promise<void>>();

/** Waits until no other exclusive run of the implementation is active, then runs. */
async function runExclusively<T>(
  implementation: Implementation,
  run: () => Promise<T>,
): Promise<T> {
  const before = lastExclusive.get(implementation);
  const { promise, resolve } = Promise.withResolvers<void>();
  lastExclusive.set(implementation, promise);
  try {
    await before;
    return await run();
  } finally {
    resolve();
  }
}

const ends = new WeakMap<Implementation, AbortSignal>();

/** Returns the signal that is aborted when an implementation ends unexpectedly. */
function endOf(implementation: Implementation): AbortSignal {
  let signal = ends.get(implementation);
  if (signal === undefined) {
    const controller = new AbortController();
    signal = controller.signal;
    ends.set(implementation, signal);
    implementation.ended.then((how) =>
      controller.abort(
        new VerdictError("fail", `the implementation has ended: ${how}`),
      )
    );
  }
  return signal;
}
