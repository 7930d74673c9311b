/**
 * The recorded finds: which cases kill which mutant.
 *
 * @module
 */

import killers from "./killers.json" with { type: "json" };
import type { SuitedMutant } from "./mutant.ts";

/** The identifiers of cases by suite and name of a mutant. */
export type Killers = Readonly<
  Record<string, Readonly<Record<string, readonly string[]>>>
>;

/** The recorded finds of the mutants in this folder. */
export const KILLERS: Killers = killers;

/** Where they are recorded. */
export const KILLERS_FILE: URL = new URL("killers.json", import.meta.url);

/** How many recorded cases a mutant is tried with at least, if there are as many. */
const LEAST = 2;

/**
 * Assigns recorded cases to mutants: some to each, and each of `cases` to one that it kills.
 *
 * Cases that kill few mutants come first: they say most about these.
 */
export function assign(
  mutants: readonly SuitedMutant[],
  cases: readonly string[],
  recorded: Killers,
): Map<SuitedMutant, string[]> {
  const killersOf = ({ suite, mutant }: SuitedMutant) =>
    recorded[suite]?.[mutant.name] ?? [];
  const kills = new Map<string, SuitedMutant[]>();
  for (const each of mutants) {
    for (const id of killersOf(each)) {
      kills.getOrInsertComputed(id, () => []).push(each);
    }
  }
  const plan = new Map(mutants.map((each) => {
    const rarest = [...killersOf(each)].sort((a, b) =>
      kills.get(a)!.length - kills.get(b)!.length
    );
    return [each, rarest.slice(0, LEAST)] as const;
  }));
  const assigned = new Set([...plan.values()].flat());
  for (const id of cases) {
    if (assigned.has(id)) continue;
    const idlest = kills.get(id)?.toSorted((a, b) =>
      plan.get(a)!.length - plan.get(b)!.length
    )[0];
    if (idlest !== undefined) plan.get(idlest)!.push(id);
  }
  return plan;
}
