/**
 * Pairs of mutants: a second one must not hide a first one.
 *
 * @module
 */

import { Copies } from "./mutable_copy.ts";
import type { SuitedMutant } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";
import { applyMutant, readSource } from "./mutate.ts";
import { sample } from "./operators/sample.ts";
import type { Killers } from "./recorded.ts";
import type { SourceTree } from "./source_tree.ts";
import { failingCases, UNUSABLE } from "./trial.ts";

/** Two mutants in one copy. */
export interface Pair {
  /** The one that is to be found. */
  readonly first: SuitedMutant;
  /** The one that might hide it. */
  readonly second: SuitedMutant;
}

/** What cases find of a pair. */
export interface PairResult extends Pair {
  /** Recorded cases that kill the first mutant. */
  readonly cases: readonly string[];
  /** Those of them that fail with both. */
  readonly failing: readonly string[];
}

/** How many cases of the first mutant are run with both. */
const CASES = 3;

/** Chooses pairs of mutants of one suite that can be made together. */
export async function choosePairs(size: number, seed: number): Promise<Pair[]> {
  const source = await readSource();
  const all = MUTANTS.flatMap(({ suite, mutants }) =>
    mutants.flatMap((first) =>
      mutants.filter((second) => second !== first).map((second) => ({
        first: { suite, mutant: first },
        second: { suite, mutant: second },
      }))
    )
  );
  const chosen: Pair[] = [];
  for (const pair of sample(all, all.length, seed, nameOf)) {
    if (chosen.length === size) break;
    if (canBeMade(pair, source)) chosen.push(pair);
  }
  return chosen;
}

function nameOf({ first, second }: Pair): string {
  return `${first.suite}:${first.mutant.name}:${second.mutant.name}`;
}

/** Whether the second mutant finds its anchors where the first one has been made. */
function canBeMade({ first, second }: Pair, source: SourceTree): boolean {
  const tree = source.copy();
  try {
    applyMutant(first.mutant, tree);
    applyMutant(second.mutant, tree);
    return true;
  } catch {
    return false;
  }
}

/** Runs cases of the first mutant of each pair with both. */
export async function runPairs(
  pairs: readonly Pair[],
  recorded: Killers,
  { jobs, onResult, signal }: {
    readonly jobs?: number | undefined;
    readonly onResult?: ((result: PairResult) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<PairResult[]> {
  await using copies = await Copies.create(jobs);
  const results: PairResult[] = [];
  await copies.each(pairs, async ({ first, second }, copy) => {
    const { suite, mutant: { name } } = first;
    const cases = (recorded[suite]?.[name] ?? []).slice(0, CASES);
    const failing = await failingCases({
      copy,
      suite,
      mutant: {
        name: `${name} with ${second.mutant.name}`,
        edits: [...first.mutant.edits, ...second.mutant.edits],
      },
      cases,
      signal,
    });
    const result = {
      first,
      second,
      cases,
      failing: cases.filter((id) =>
        failing.includes(id) || failing.includes(UNUSABLE)
      ),
    };
    results.push(result);
    onResult?.(result);
  }, signal);
  return results;
}
