/**
 * The levels of cases and statements.
 *
 * @module
 */

import type { Level } from "./case.ts";

/** How binding each level is: the higher, the more. */
export const LEVEL_RANKS = {
  must: 3,
  should: 2,
  may: 1,
  undefined: 0,
} as const satisfies Readonly<Record<Level, number>>;

/** All levels, the most binding one first. */
export const LEVELS = Object.keys(LEVEL_RANKS) as readonly Level[];

/** Returns whether failures of cases at a level count in a run up to `upTo`. */
export function isCounted(level: Level, upTo: "must" | "should"): boolean {
  return level !== "may" && (level !== "should" || upTo === "should");
}

/**
 * Returns whether a case at a level shows that a statement at another one is
 * violated: in a case that is less binding, the violation need not be a failure.
 * A case at level `undefined` shows only that the implementation survives.
 */
export function isBinding(ofCase: Level, ofStatement: Level): boolean {
  return ofStatement === "undefined"
    ? ofCase === "undefined" || ofCase === "must"
    : LEVEL_RANKS[ofCase] >= LEVEL_RANKS[ofStatement];
}
