/**
 * Writes out the steps of a case that are repeated, so that only this module
 * knows that there are any.
 *
 * @module
 */

import type { Case, CaseFile, Step } from "./case.ts";

/** Steps that happen several times in a row. */
interface Repeat {
  readonly repeat: { readonly times: number; readonly steps: readonly Step[] };
}

/** Returns a file whose cases have each repeated step as often as it happens. */
export function withRepeatedSteps<File extends Pick<CaseFile, "cases">>(
  file: File,
): File {
  return { ...file, cases: file.cases.map(unrolled) };
}

function unrolled(each: Case): Case {
  if (!("steps" in each) || !each.steps.some(isRepeat)) return each;
  return { ...each, steps: each.steps.flatMap(writtenOut) };
}

function writtenOut(step: Step): readonly Step[] {
  if (!isRepeat(step)) return [step];
  const { times, steps } = step.repeat;
  const once = steps.flatMap(writtenOut);
  return Array.from({ length: times }, () => once).flat();
}

function isRepeat(step: Step): step is Step & Repeat {
  return "repeat" in step;
}
