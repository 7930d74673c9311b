/**
 * Runs the corpus against mutants: which case kills which mutant.
 *
 * @module
 */

import { casesOf, CORPUS } from "../runner/cases/corpus.ts";
import { glob } from "../runner/cases/glob.ts";
import { suiteOf } from "../runner/cases/suites.ts";
import type { MutantSuite, SuitedMutant } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";
import { assign, type Killers } from "./recorded.ts";
import { failingCases } from "./trial.ts";

/** The result for one mutant. */
export interface MutantResult extends SuitedMutant {
  /** The identifiers of the cases that killed the mutant; without any it has survived. */
  readonly killedBy: readonly string[];
}

/** Which case kills which mutant. */
export interface Matrix {
  /** One result for each mutant that was run. */
  readonly results: readonly MutantResult[];
  /** The results of the mutants that no case kills. */
  readonly survivors: readonly MutantResult[];
  /** The cases at level must that kill no mutant. */
  readonly unproven: readonly string[];
  /** The cases that fail without a mutant, and count for none. */
  readonly control: readonly string[];
}

/** Which mutants are run, and how. */
export interface MatrixOptions {
  /** The names of the mutants; all when absent. */
  readonly names?: readonly string[] | undefined;
  /** The suite; all when absent. */
  readonly suite?: string | undefined;
  /** A pattern of the identifiers of cases: only these are run, whatever is recorded. */
  readonly cases?: string | undefined;
  /** The cases that are known to kill each mutant: they are run first, and the others only if none of them does. */
  readonly recorded?: Killers | undefined;
  /** How many mutants run at the same time; one for each core when absent. */
  readonly jobs?: number | undefined;
  /** Called with the result of each mutant. */
  readonly onResult?: ((result: MutantResult) => void) | undefined;
  /** Ends the work early. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes the mutants and runs the corpus with each, after a control without a mutant.
 *
 * The copies are in a temporary folder, which is removed. Needs permission to write there and to run Deno.
 */
export async function runMutants(options: MatrixOptions = {}): Promise<Matrix> {
  const { names, recorded, onResult, signal } = options;
  const isWanted = glob(options.cases ?? "**");
  const all = MUTANTS.flatMap(({ suite, mutants }) =>
    mutants.map((mutant) => ({ suite, mutant }))
  ).filter(({ suite, mutant }) =>
    (names?.includes(mutant.name) ?? true) &&
    (options.suite === undefined || suite === options.suite)
  );
  const suites = new Set(all.map(({ suite }) => suite));
  const wanted = mustCases().filter((id) =>
    suites.has(suiteOf(id) as MutantSuite) && isWanted(id)
  );
  const found = new Map<SuitedMutant, Set<string>>(
    all.map((each) => [each, new Set()]),
  );
  const plan = recorded === undefined
    ? undefined
    : assign(all, names === undefined ? wanted : [], recorded);
  const chosen = options.cases === undefined
    ? undefined
    : Map.groupBy(CASE_IDS.filter(isWanted), suiteOf);
  const control = new Set((await Promise.all(
    [...suites].map((suite) => {
      const planned = all.flatMap((each) =>
        each.suite === suite ? plan?.get(each) ?? [] : []
      );
      const others = names === undefined
        ? wanted.filter((id) => suiteOf(id) === suite)
        : [];
      const cases = chosen?.get(suite) ??
        (plan && [...new Set([...planned, ...others])]);
      return failingCases({
        suite,
        mutant: UNCHANGED,
        cases,
        confirms: true,
        signal,
      });
    }),
  )).flat());
  const tryOn = async (
    each: SuitedMutant,
    cases?: readonly string[],
    isRecorded = cases !== undefined,
  ) => {
    const killers = await failingCases({
      ...each,
      cases,
      // A case that was recorded and fails again is confirmed.
      confirms: !isRecorded,
      signal,
    });
    for (const id of killers) if (!control.has(id)) found.get(each)!.add(id);
  };
  await concurrently(all, options, async (each) => {
    if (chosen !== undefined) {
      const cases = chosen.get(each.suite) ?? [];
      if (cases.length > 0) await tryOn(each, cases, false);
      onResult?.({ ...each, killedBy: [...found.get(each)!] });
      return;
    }
    const cases = plan?.get(each);
    if (cases !== undefined && cases.length > 0) await tryOn(each, cases);
    if (found.get(each)!.size === 0) await tryOn(each);
    onResult?.({ ...each, killedBy: [...found.get(each)!] });
  });
  const unproven = () => {
    const proven = new Set([...found.values()].flatMap((ids) => [...ids]));
    return wanted.filter((id) => !proven.has(id));
  };
  // What is not found again by one mutant, or is not recorded, may be found by another one.
  if (recorded !== undefined && names === undefined && chosen === undefined) {
    for (const isRecorded of [true, false]) {
      await concurrently(all, options, async (each) => {
        const known = recorded[each.suite]?.[each.mutant.name] ?? [];
        const more = unproven().filter((id) =>
          suiteOf(id) === each.suite &&
          (isRecorded ? known.includes(id) : !known.includes(id))
        );
        if (more.length > 0) await tryOn(each, more, isRecorded);
      });
    }
  }
  const results = all.map((each) => ({
    ...each,
    killedBy: [...found.get(each)!],
  }));
  return {
    results,
    survivors: results.filter(({ killedBy }) => killedBy.length === 0),
    unproven: unproven(),
    control: [...control],
  };
}

/** The identifiers of all cases. */
const CASE_IDS: readonly string[] = casesOf(CORPUS).map(({ id }) => id);

/** No mutant. */
const UNCHANGED = { name: "unchanged", edits: [] };

/** Works on the entries of a list, several at a time. */
async function concurrently<T>(
  list: readonly T[],
  { jobs = navigator.hardwareConcurrency, signal }: MatrixOptions,
  work: (entry: T) => Promise<void>,
): Promise<void> {
  const waiting = [...list];
  await Promise.all(Array.from({ length: jobs }, async () => {
    for (let next; (next = waiting.shift()) !== undefined;) {
      signal?.throwIfAborted();
      await work(next);
    }
  }));
}

/** The identifiers of the cases at level must. */
function mustCases(): string[] {
  return casesOf(CORPUS)
    .filter(({ level, withdrawn }) =>
      level === "must" && withdrawn === undefined
    )
    .map(({ id }) => id);
}
