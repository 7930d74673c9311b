/**
 * The matrix of coverage: which classes of values the cases of the corpus show, in which fields.
 *
 * @module
 */

import type { Case } from "../cases/case.ts";
import { isSession } from "../cases/expand.ts";
import { glob } from "../cases/glob.ts";
import { declareCodec, showCodec } from "./codec_cells.ts";
import { declareExtensions, showExtensions } from "./extension_cells.ts";
import { type Cell, Ledger } from "./ledger.ts";
import { declarePlaces, showPlaces } from "./place_cells.ts";
import { declareSession, showSession } from "./session_cells.ts";
import { declareSkips, showSkips } from "./skip_cells.ts";

/** A cell that no case fills, with the pattern of the manifest that explains it. */
export interface Hole {
  /** The cell. */
  readonly cell: Cell;
  /** The pattern; `undefined` if none matches. */
  readonly pattern: string | undefined;
}

/** The matrix. */
export interface CoverageMatrix {
  /** All cells. */
  readonly cells: readonly Cell[];
  /** Those that no case fills, or not completely. */
  readonly holes: readonly Hole[];
  /** The patterns that match no hole. */
  readonly stale: readonly string[];
}

/** Returns the matrix of cases. */
export function coverageOf(
  cases: readonly Case[],
  reasons: Readonly<Record<string, string>>,
): CoverageMatrix {
  const ledger = new Ledger();
  declareCodec(ledger);
  declareSession(ledger);
  declarePlaces(ledger);
  declareExtensions(ledger);
  declareSkips(ledger);
  for (const each of cases) {
    if (each.withdrawn !== undefined) continue;
    if (!isSession(each)) showCodec(ledger, each);
    else {
      showSession(ledger, each);
      showPlaces(ledger, each);
      showExtensions(ledger, each);
      showSkips(ledger, each);
    }
  }
  const { cells } = ledger;
  const patterns = Object.keys(reasons).map((pattern) => ({
    pattern,
    matches: glob(pattern),
  }));
  const holes = cells.filter(({ missing }) => missing.length > 0).map((
    cell,
  ) => ({
    cell,
    pattern: patterns.find(({ matches }) => matches(cell.name))?.pattern,
  }));
  return {
    cells,
    holes,
    stale: patterns.filter(({ pattern }) =>
      !holes.some((hole) => hole.pattern === pattern)
    ).map(({ pattern }) => pattern),
  };
}
