/**
 * How much of each folder of the library its own tests cover.
 *
 * @module
 */

import { runDeno } from "./_steps.ts";

/** Shares of 100 that are covered. */
export interface Coverage {
  lines: number;
  branches: number;
}

/** A folder of which coverage is measured. */
export type CoveredFolder = keyof typeof THRESHOLDS;

/** The least that is wanted of each folder: at most half a percent below what was measured last. */
export const THRESHOLDS = {
  codec: { lines: 99.7, branches: 99.7 },
  peer: { lines: 99.5, branches: 99.3 },
  transport: { lines: 99.5, branches: 98.6 },
} as const satisfies Record<string, Coverage>;

/** The folder that takes the raw data of a run of tests. */
export function dataFolder(folder: CoveredFolder): string {
  return `coverage/${folder}`;
}

/**
 * Sums up the raw data of the tests of a folder. Tests, benchmarks and what
 * only they use do not count.
 */
export async function measure(folder: CoveredFolder): Promise<Coverage> {
  const { success, output } = await runDeno([
    "coverage",
    "--lcov",
    `--include=/${folder}/`,
    "--exclude=_(test|bench)\\.ts$|/testing/",
    dataFolder(folder),
  ]);
  if (!success) throw new Error(`Cannot measure coverage: ${output}`);
  return coverageOf(output);
}

/** Sums up the counts of a report in the LCOV format. */
export function coverageOf(lcov: string): Coverage {
  const sum = (field: string) =>
    lcov.matchAll(new RegExp(`^${field}:(\\d+)$`, "gm"))
      .reduce((total, [, count]) => total + Number(count), 0);
  const share = (hit: number, found: number) =>
    found === 0 ? 100 : 100 * hit / found;
  return {
    lines: share(sum("LH"), sum("LF")),
    branches: share(sum("BRH"), sum("BRF")),
  };
}

/** Compares what was measured with what is wanted. */
export function judgeCoverage(
  coverage: Coverage,
  wanted: Coverage,
): { success: boolean; text: string } {
  const kinds = ["lines", "branches"] as const;
  return {
    success: kinds.every((kind) => coverage[kind] >= wanted[kind]),
    text: kinds.map((kind) =>
      // Rounded down, so that the figure shown is never better than the measured one.
      `${kind} ${Math.floor(coverage[kind] * 10) / 10} % of ${wanted[kind]} %`
    ).join(", "),
  };
}
