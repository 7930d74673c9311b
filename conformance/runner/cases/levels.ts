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
