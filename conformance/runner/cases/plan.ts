/**
 * What is run: the runs of a corpus that somebody asked for.
 *
 * @module
 */

import type { Role } from "./case.ts";
import type { Corpus } from "./corpus.ts";
import { type CaseRun, expand, suiteOf } from "./expand.ts";
import { glob } from "./glob.ts";

/** Which runs of a corpus are wanted; all but the hostile ones when nothing is said. */
export interface PlanOptions {
  /** Patterns for full names, one of which must match. */
  readonly run?: readonly string[] | undefined;
  /** Patterns for full names, none of which may match. */
  readonly skip?: readonly string[] | undefined;
  /** The role of the implementation; codec cases have none and are run nevertheless. */
  readonly role?: Role | undefined;
  /** The suites; `hostile` is run only when it is among them. */
  readonly suites?: readonly string[] | undefined;
  /** Whether the hostile suite is run as well. */
  readonly hostile?: boolean | undefined;
}

/** All runs of a corpus, sorted by their full names. */
export function allRuns(corpus: Pick<Corpus, "files">): CaseRun[] {
  return Object.values(corpus.files).flatMap((file) => expand(file))
    .sort((a, b) => compare(a.name, b.name));
}

/** Chooses from runs. */
export function choose(
  runs: readonly CaseRun[],
  options: PlanOptions = {},
): CaseRun[] {
  const { run, skip = [], role, suites, hostile = false } = options;
  const wanted = run?.map(glob);
  const unwanted = skip.map(glob);
  return runs.filter((each) => {
    const { name } = each;
    const suite = suiteOf(name);
    const isIn = suites === undefined ? suite !== "hostile" : suites.includes(
      suite,
    );
    return (isIn || hostile && suite === "hostile") &&
      (role === undefined || each.kind !== "session" || each.role === role) &&
      (wanted?.some((matches) => matches(name)) ?? true) &&
      !unwanted.some((matches) => matches(name));
  });
}

/** Compares names with the numbers in them as numbers, the same everywhere. */
export function compare(a: string, b: string): number {
  const left = a.split(/(\d+)/);
  const right = b.split(/(\d+)/);
  for (const [at, part] of left.entries()) {
    const other = right[at];
    if (other === undefined) return 1;
    if (part === other) continue;
    if (at % 2 === 1 && Number(part) !== Number(other)) {
      return Number(part) - Number(other);
    }
    return part < other ? -1 : 1;
  }
  return left.length - right.length;
}
