/**
 * Runs the corpus against mutants: which case kills which mutant.
 *
 * @module
 */

import { casesOf, CORPUS } from "../runner/cases/corpus.ts";
import { glob } from "../runner/cases/glob.ts";
import { suiteOf } from "../runner/cases/suites.ts";
import { Copies, type MutableCopy } from "./mutable_copy.ts";
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
  /** How many mutants run at the same time; two for each core when absent. */
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
  await using copies = await Copies.create(options.jobs);
  const run = new MatrixRun(options, copies);
  await run.control();
  await run.tryAll();
  // What is not found again by one mutant, or is not recorded, may be found by another one.
  const { recorded, names, cases } = options;
  if (recorded !== undefined && names === undefined && cases === undefined) {
    await run.tryUnproven(recorded, true);
    await run.tryUnproven(recorded, false);
  }
  return run.matrix;
}

/** The mutants that were chosen, and what was found of them so far. */
class MatrixRun {
  readonly #options: MatrixOptions;
  /** Where mutants are made: as many as run at the same time. */
  readonly #copies: Copies;
  readonly #all: readonly SuitedMutant[];
  /** The cases at level must that have to kill one of them. */
  readonly #wanted: readonly string[];
  readonly #found: ReadonlyMap<SuitedMutant, Set<string>>;
  /** The recorded cases that each mutant is tried with first. */
  readonly #plan: ReadonlyMap<SuitedMutant, readonly string[]> | undefined;
  /** The cases of each suite that the options choose. */
  readonly #chosen: ReadonlyMap<string, readonly string[]> | undefined;
  #control: ReadonlySet<string> = new Set();

  constructor(options: MatrixOptions, copies: Copies) {
    const { names, recorded, suite } = options;
    const isWanted = glob(options.cases ?? "**");
    this.#options = options;
    this.#copies = copies;
    this.#all = MUTANTS.flatMap(({ suite, mutants }) =>
      mutants.map((mutant) => ({ suite, mutant }))
    ).filter((each) =>
      (names?.includes(each.mutant.name) ?? true) &&
      (suite === undefined || each.suite === suite)
    );
    const suites = this.#suites;
    this.#wanted = mustCases().filter((id) =>
      suites.has(suiteOf(id)) && isWanted(id)
    );
    this.#found = new Map(this.#all.map((each) => [each, new Set()]));
    this.#plan = recorded === undefined
      ? undefined
      : assign(this.#all, names === undefined ? this.#wanted : [], recorded);
    this.#chosen = options.cases === undefined
      ? undefined
      : Map.groupBy(CASE_IDS.filter(isWanted), suiteOf);
  }

  get #suites(): ReadonlySet<MutantSuite> {
    return new Set(this.#all.map(({ suite }) => suite));
  }

  get #unproven(): readonly string[] {
    const proven = new Set(
      [...this.#found.values()].flatMap((ids) => [...ids]),
    );
    return this.#wanted.filter((id) => !proven.has(id));
  }

  /** What was found. */
  get matrix(): Matrix {
    const results = this.#all.map((each) => this.#resultOf(each));
    return {
      results,
      survivors: results.filter(({ killedBy }) => killedBy.length === 0),
      unproven: this.#unproven,
      control: [...this.#control],
    };
  }

  /** Finds the cases that fail without a mutant. */
  async control(): Promise<void> {
    const failing: string[][] = [];
    await this.#onCopies([...this.#suites], async (suite, copy) => {
      failing.push(
        await failingCases({
          copy,
          suite,
          mutant: UNCHANGED,
          cases: this.#casesToControl(suite),
          confirms: true,
          signal: this.#options.signal,
        }),
      );
    });
    this.#control = new Set(failing.flat());
  }

  /** Tries each mutant: with the chosen cases, or with the recorded ones, and the others if none kills it. */
  async tryAll(): Promise<void> {
    await this.#onCopies(this.#all, async (each, copy) => {
      if (this.#chosen !== undefined) {
        const cases = this.#chosen.get(each.suite) ?? [];
        if (cases.length > 0) await this.#try(copy, each, cases, false);
      } else {
        const cases = this.#plan?.get(each) ?? [];
        if (cases.length > 0) await this.#try(copy, each, cases, true);
        if (this.#found.get(each)!.size === 0) {
          await this.#try(copy, each, undefined, false);
        }
      }
      this.#options.onResult?.(this.#resultOf(each));
    });
  }

  /** Tries the cases that have killed no mutant, with those that they are recorded for, or with the others. */
  async tryUnproven(recorded: Killers, isRecorded: boolean): Promise<void> {
    await this.#onCopies(this.#all, async (each, copy) => {
      const known = recorded[each.suite]?.[each.mutant.name] ?? [];
      const more = this.#unproven.filter((id) =>
        suiteOf(id) === each.suite && known.includes(id) === isRecorded
      );
      if (more.length > 0) await this.#try(copy, each, more, isRecorded);
    });
  }

  #casesToControl(suite: MutantSuite): readonly string[] | undefined {
    const chosen = this.#chosen?.get(suite);
    if (chosen !== undefined || this.#plan === undefined) return chosen;
    const planned = this.#all.flatMap((each) =>
      each.suite === suite ? this.#plan?.get(each) ?? [] : []
    );
    const others = this.#options.names === undefined
      ? this.#wanted.filter((id) => suiteOf(id) === suite)
      : [];
    return [...new Set([...planned, ...others])];
  }

  async #onCopies<T>(
    list: readonly T[],
    work: (entry: T, copy: MutableCopy) => Promise<void>,
  ): Promise<void> {
    await this.#copies.each(list, work, this.#options.signal);
  }

  async #try(
    copy: MutableCopy,
    each: SuitedMutant,
    cases: readonly string[] | undefined,
    isRecorded: boolean,
  ): Promise<void> {
    const killers = await failingCases({
      ...each,
      copy,
      cases,
      // A case that was recorded and fails again is confirmed.
      confirms: !isRecorded,
      signal: this.#options.signal,
    });
    for (const id of killers) {
      if (!this.#control.has(id)) this.#found.get(each)!.add(id);
    }
  }

  #resultOf(each: SuitedMutant): MutantResult {
    return { ...each, killedBy: [...this.#found.get(each)!] };
  }
}

/** The identifiers of all cases. */
const CASE_IDS: readonly string[] = casesOf(CORPUS).map(({ id }) => id);

/** No mutant. */
const UNCHANGED = { name: "unchanged", edits: [] };

/** The identifiers of the cases at level must. */
function mustCases(): string[] {
  return casesOf(CORPUS)
    .filter(({ level, withdrawn }) =>
      level === "must" && withdrawn === undefined
    )
    .map(({ id }) => id);
}
