/**
 * The end of an implementation that nobody told to end.
 *
 * @module
 */

import type { Implementation } from "../implementation.ts";
import { Judgement } from "./_judgement.ts";

const signals = new WeakMap<Implementation, AbortSignal>();

/** Aborted once a subject has ended without having been told to. */
export function endOf(subject: Implementation): AbortSignal {
  let signal = signals.get(subject);
  if (signal === undefined) {
    const controller = new AbortController();
    signal = controller.signal;
    signals.set(subject, signal);
    subject.ended.then((what) =>
      controller.abort(
        new Judgement("fail", `the implementation has ended: ${what}`),
      )
    );
  }
  return signal;
}
