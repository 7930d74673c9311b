/**
 * Judges one run of either kind: of a codec case or of a conversation.
 *
 * @module
 */

import type { CaseRun } from "../cases/expand.ts";
import {
  measureRoundTrip,
  runSession,
  whyNotApplicable,
} from "../session/mod.ts";
import type { RunningImplementation } from "./_running_implementation.ts";
import { unlessAborted } from "./_unless_aborted.ts";
import { judgeCodec, type Judgement } from "./codec_judge.ts";

/** How runs are judged. */
export interface JudgeOptions {
  /** The seed of random choices; 1 by default. */
  readonly seed?: number | undefined;
  /** The factor for all time limits; 1 by default. */
  readonly timeoutScale?: number | undefined;
  /** Whether passing runs have a trace; `true` by default. */
  readonly trace?: boolean | undefined;
  /** Ends all waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** How long an expectation may take, in milliseconds. */
export const TIMEOUT = 3_000;

/** Returns a function that judges runs of either kind. */
export function judgeWith(
  { seed = 1, timeoutScale = 1, trace = true, signal }: JudgeOptions,
): (run: CaseRun, implementation: RunningImplementation) => Promise<Judgement> {
  const roundTrips = new WeakMap<RunningImplementation, Promise<number>>();
  const roundTripOf = (implementation: RunningImplementation) => {
    let roundTrip = roundTrips.get(implementation);
    if (roundTrip === undefined) {
      roundTrip = measureRoundTrip(implementation, implementation.description);
      roundTrips.set(implementation, roundTrip);
    }
    return roundTrip;
  };
  return async (run, implementation) => {
    const { description } = implementation;
    if (run.kind !== "session") {
      const judged = judgeCodec(run, implementation, description);
      return await (signal === undefined
        ? judged
        : unlessAborted(judged, signal));
    }
    const isJudged =
      whyNotApplicable(run, implementation, description) === undefined;
    const environment = {
      implementation,
      description,
      // Measuring takes long if the implementation is silent, as preflights may have shown.
      roundTrip: isJudged ? await roundTripOf(implementation) : 0,
      timeout: TIMEOUT * timeoutScale,
      seed,
      trace,
    };
    const signals = signal === undefined
      ? [implementation.exited]
      : [implementation.exited, signal];
    return await runSession(run, environment, AbortSignal.any(signals));
  };
}
