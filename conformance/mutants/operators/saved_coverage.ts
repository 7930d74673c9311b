/**
 * Keeps the control of a program in a file, for another hunt of the same mutants.
 *
 * @module
 */

import type { CaseRun } from "../../runner/cases/expand.ts";
import type { Coverage } from "./coverage.ts";
import type { Point } from "./point.ts";

interface Saved {
  /** The identifiers of all mutants. */
  readonly ids: readonly string[];
  readonly passing: readonly {
    readonly name: string;
    readonly duration: number;
  }[];
  readonly failing: readonly string[];
  readonly reaching: readonly (readonly [number, readonly number[]])[];
  readonly atStart: readonly number[];
  readonly roundTrip: number;
}

/** Writes a control to a file. */
export async function saveCoverage(
  path: string,
  points: readonly Point[],
  coverage: Coverage,
): Promise<void> {
  const saved: Saved = {
    ...coverage,
    ids: points.map(({ id }) => id),
    passing: coverage.passing.map(({ run, duration }) => ({
      name: run.name,
      duration: Math.round(duration),
    })),
    reaching: [...coverage.reaching],
    atStart: [...coverage.atStart],
  };
  await Deno.writeTextFile(path, JSON.stringify(saved));
}

/** Reads a control; `undefined` if there is none, or of other mutants. */
export async function loadCoverage(
  path: string,
  points: readonly Point[],
  runs: readonly CaseRun[],
): Promise<Coverage | undefined> {
  let saved: Saved;
  try {
    saved = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const isSame = saved.ids.length === points.length &&
    saved.ids.every((id, number) => id === points[number]!.id);
  const byName = new Map(runs.map((run) => [run.name, run]));
  const passing = saved.passing.flatMap(({ name, duration }) => {
    const run = byName.get(name);
    return run === undefined ? [] : [{ run, duration }];
  });
  if (!isSame || passing.length < saved.passing.length) return undefined;
  return {
    passing,
    failing: saved.failing,
    reaching: new Map(saved.reaching),
    atStart: new Set(saved.atStart),
    roundTrip: saved.roundTrip,
  };
}
