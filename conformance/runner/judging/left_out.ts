/**
 * What a run has left out of the cases that it could have judged.
 *
 * @module
 */

import { isCounted } from "../cases/levels.ts";
import type { CaseRun } from "../cases/expand.ts";
import { suiteOf, SUITES } from "../cases/suites.ts";
import { whyNotApplicable } from "../session/mod.ts";
import type { RunningImplementation } from "./_running_implementation.ts";
import { whyCodecCannotApply } from "./codec_judge.ts";
import type { Report, Result } from "./report.ts";
import { isSilent } from "./verdicts.ts";

/** What a run was made of. */
export interface RunParts {
  /** All runs that the implementation can have, whether or not they were chosen. */
  readonly possible: readonly CaseRun[];
  /** The names of those that were chosen. */
  readonly planned: ReadonlySet<string>;
  readonly results: readonly Result[];
  /** The level up to which failures count. */
  readonly level: Report["options"]["level"];
}

/**
 * Returns how many cases that apply, and whose failures count, were left out in
 * some or all of their runs: by a choice of cases, or by an early end.
 * `undefined` if there are none. An opt-in suite counts only if it was chosen.
 */
export function leftOutOf(
  { possible, planned, results, level }: RunParts,
  implementation: RunningImplementation,
): Report["leftOut"] {
  const found = new Set(results.map(({ name }) => name));
  const left = new Set<string>();
  for (const run of possible) {
    const { name, case: { id, level: itsLevel } } = run;
    if (left.has(id) || found.has(name) || !isCounted(itsLevel, level)) {
      continue;
    }
    const isOffered = planned.has(name) || !SUITES[suiteOf(name)].isOptIn;
    if (isOffered && applies(run, implementation)) left.add(id);
  }
  if (left.size === 0) return undefined;
  const applying = results
    .filter(({ gated, verdict }) => gated && !isSilent(verdict))
    .map(({ id }) => id);
  return { cases: left.size, of: new Set([...left, ...applying]).size };
}

function applies(run: CaseRun, implementation: RunningImplementation): boolean {
  const { description } = implementation;
  if (run.kind !== "session") {
    return whyCodecCannotApply(run, description) === undefined;
  }
  return whyNotApplicable(run, implementation, description) === undefined &&
    implementation.whyUnfit?.(run.case, run.over, run.unit) === undefined;
}
