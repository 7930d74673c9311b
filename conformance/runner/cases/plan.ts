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

/** The runs of each corpus, which never change. */
const expanded = new WeakMap<Corpus["files"], readonly CaseRun[]>();

/** Returns all runs of a corpus, sorted by their full names. */
export function allRuns({ files }: Pick<Corpus, "files">): readonly CaseRun[] {
  const known = expanded.get(files);
  if (known !== undefined) return known;
  const runs = Object.values(files).flatMap((file) => expand(file))
    .sort((a, b) => compare(a.name, b.name));
  expanded.set(files, runs);
  return runs;
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
  let at = 0;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === a.length || at === b.length) {
    if (!isDigit(a, at) && !isDigit(b, at)) return a.length - b.length;
  }
  let start = at;
  while (start > 0 && isDigit(a, start - 1)) start--;
  const [left, right] = [digitsAt(a, start), digitsAt(b, start)];
  if (left === right) return a < b ? -1 : 1;
  // A number ends the text before it, and sorts before a longer one.
  if (left === "" || right === "") {
    const isEnd = Math.max(a.length, b.length) === start ||
      Math.min(a.length, b.length) === start;
    return isEnd ? a.length - b.length : left === "" ? 1 : -1;
  }
  return Number(left) - Number(right) || (left < right ? -1 : 1);
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}

/** Returns the digits at a place. */
function digitsAt(text: string, from: number): string {
  let to = from;
  while (isDigit(text, to)) to++;
  return text.slice(from, to);
}
