/**
 * Mutants that speak extensions wrongly.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** Mutants of the extensions. */
export const EXTENSION_MUTANTS: readonly Mutant[] = [];
