/**
 * Plans a run: chooses from the runs of a corpus.
 *
 * @module
 */

import type { Role } from "./case.ts";
import type { Corpus } from "./corpus.ts";
import { type CaseRun, expand } from "./expand.ts";
import { glob } from "./glob.ts";
import { type Suite, suiteOf, SUITES } from "./suites.ts";

/** Which runs of a corpus to choose; all but the hostile ones by default. */
export interface PlanOptions {
  /** Patterns for full names, of which at least one must match. */
  readonly run?: readonly string[] | undefined;
  /** Patterns for full names, of which none may match. */
  readonly skip?: readonly string[] | undefined;
  /** Patterns for statements, of which a case must test at least one. */
  readonly statements?: readonly string[] | undefined;
  /** The role of the implementation; codec cases have none and are always chosen. */
  readonly role?: Role | undefined;
  /** The suites; all but the hostile one by default. */
  readonly suites?: readonly Suite[] | undefined;
  /** Whether the hostile suite is chosen as well. */
  readonly hostile?: boolean | undefined;
}

/** Returns all runs of a corpus, sorted by their full names. */
export function allRuns(corpus: Pick<Corpus, "files">): CaseRun[] {
  return Object.values(corpus.files).flatMap((file) => expand(file))
    .sort((a, b) => compare(a.name, b.name));
}

/** Chooses runs. */
export function choose(
  runs: readonly CaseRun[],
  options: PlanOptions = {},
): CaseRun[] {
  const { run, skip = [], role, suites, hostile = false } = options;
  const statements = options.statements?.map(glob);
  const wanted = run?.map(glob);
  const unwanted = skip.map(glob);
  return runs.filter((each) => {
    const { name } = each;
    const suite = suiteOf(name);
    const isIn = suites?.includes(suite) ?? !SUITES[suite].isOptIn;
    return (isIn || hostile && suite === "hostile") &&
      (role === undefined || each.kind !== "session" || each.role === role) &&
      (statements?.some((matches) => each.case.spec.some(matches)) ?? true) &&
      (wanted?.some((matches) => matches(name)) ?? true) &&
      !unwanted.some((matches) => matches(name));
  });
}

/** Compares names, and the numbers in them by value; the order does not depend on the locale. */
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
