/**
 * Runs the corpus against mutants: which case kills which mutant.
 *
 * @module
 */

import { startAdapter } from "../runner/adapter_protocol/start_adapter.ts";
import { casesOf, CORPUS } from "../runner/cases/corpus.ts";
import { suiteOf } from "../runner/cases/suites.ts";
import type { Result } from "../runner/judging/report.ts";
import {
  type OpenImplementation,
  run,
  type RunOptions,
} from "../runner/judging/run.ts";
import { AdapterError } from "../runner/implementation.ts";
import type { Mutant, MutantSuite } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";
import { mutate } from "./mutate.ts";

/** How long a mutant may take to answer a command, in milliseconds. */
const ANSWER_TIMEOUT = 3_000;

/** How long a mutant may take to start, in milliseconds: the machine may be busy with others. */
export const START_TIMEOUT = 60_000;

/** Stands for a case where the mutant cannot be used at all. */
export const UNUSABLE = "unusable";

/** The factor for all time limits of cases, most of which allow for slow machines. */
const TIMEOUT_SCALE = 1 / 2;

/**
 * The runs that kill as much as all of them: the ways to cut bytes that differ most, and one transport for
 * conversations.
 */
const RUNS = {
  codec: [
    "**/encode",
    "**/chunk:whole",
    "**/chunk:bytewise",
    "**/chunk:by7",
    "**/chunk:with-empties",
    "**/chunk:glued",
  ],
  session: ["**/over:tcp"],
  websocket: ["**"],
  extensions: [
    "**/over:tcp",
    "**/over:websocket",
    "extensions/bytes/**/unit:split",
  ],
  hostile: ["**/over:tcp", "**/over:websocket", "**/unit:split"],
} as const satisfies Record<MutantSuite, readonly string[]>;

/** How many cases run at the same time with one mutant; most of those that fail wait for a time limit. */
const JOBS = 32;

/** The result for one mutant. */
export interface MutantResult {
  /** The mutant. */
  readonly mutant: Mutant;
  /** The suite that was run. */
  readonly suite: MutantSuite;
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
}

/** Which mutants are run, and how. */
export interface MatrixOptions {
  /** The names of the mutants; all when absent. */
  readonly names?: readonly string[] | undefined;
  /** How many mutants run at the same time; one for each core when absent. */
  readonly jobs?: number | undefined;
  /** Called with the result of each mutant. */
  readonly onResult?: ((result: MutantResult) => void) | undefined;
  /** Ends the work early. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes the mutants and runs the corpus with each.
 *
 * The copies are in a temporary folder, which is removed. Needs permission to write there and to run Deno.
 */
export async function runMutants(options: MatrixOptions = {}): Promise<Matrix> {
  const { names, jobs = navigator.hardwareConcurrency } = options;
  const waiting = MUTANTS.flatMap(({ suite, mutants }) =>
    mutants.map((mutant) => ({ suite, mutant }))
  ).filter(({ mutant }) => names?.includes(mutant.name) ?? true);
  const results: MutantResult[] = [];
  const work = async () => {
    for (let next; (next = waiting.shift()) !== undefined;) {
      options.signal?.throwIfAborted();
      const result = { ...next, killedBy: await killers(next, options.signal) };
      results.push(result);
      options.onResult?.(result);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  const proven = new Set(results.flatMap(({ killedBy }) => killedBy));
  const suites: ReadonlySet<string> = new Set(
    results.map(({ suite }) => suite),
  );
  return {
    results,
    survivors: results.filter(({ killedBy }) => killedBy.length === 0),
    unproven: casesOf(CORPUS)
      .filter(({ id, level, withdrawn }) =>
        level === "must" && withdrawn === undefined &&
        suites.has(suiteOf(id)) && !proven.has(id)
      )
      .map(({ id }) => id),
  };
}

/** The cases of a suite that kill a mutant. */
async function killers(
  { suite, mutant }: Pick<MutantResult, "suite" | "mutant">,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const path = await Deno.makeTempDir({ prefix: "gotalk-mutant-" });
  try {
    const command = await mutate(mutant, new URL(`file://${path}/`));
    const open = () =>
      startAdapter(command, {
        answerTimeout: ANSWER_TIMEOUT,
        startTimeout: START_TIMEOUT,
      });
    return await killersOf(open, {
      suites: [suite],
      run: RUNS[suite],
      jobs: JOBS,
      timeoutScale: TIMEOUT_SCALE,
      // Each case has to find a mutant by itself.
      preflight: false,
      signal,
    });
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

/**
 * The cases that fail with an implementation; {@linkcode UNUSABLE} too if it ends the whole run, for
 * example because it exits in every case.
 */
export async function killersOf(
  open: OpenImplementation,
  options: RunOptions,
): Promise<string[]> {
  const killers = new Set<string>();
  const result = ({ id, verdict }: Result) => {
    // The library as it is never gets the verdict weak.
    if (verdict === "fail" || verdict === "weak") killers.add(id);
  };
  try {
    await run(open, { ...options, reporter: { result } });
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    killers.add(UNUSABLE);
  }
  return [...killers];
}
