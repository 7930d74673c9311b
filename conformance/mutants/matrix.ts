/**
 * Which case finds which mistake.
 *
 * @module
 */

import { startAdapter } from "../runner/adapter_protocol/start_adapter.ts";
import { casesOf, CORPUS } from "../runner/cases/corpus.ts";
import { suiteOf } from "../runner/cases/expand.ts";
import { run } from "../runner/judging/run.ts";
import type { Fault, FaultGroup } from "./fault.ts";
import { FAULTS, mutate } from "./mutate.ts";

/** Where the configuration is that the mutants are run with. */
const CONFIG = new URL("../../deno.json", import.meta.url);

/** How long a mutant may take to answer a command, in milliseconds. */
const ANSWER_TIMEOUT = 3_000;

/** What all time limits of cases are multiplied by: most of them are for slow machines. */
const TIMEOUT_SCALE = 1 / 2;

/**
 * The runs that find as much as all of them: the ways to cut bytes that differ most, and one transport
 * for conversations.
 */
const RUNS: Readonly<Record<FaultGroup["suite"], readonly string[]>> = {
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
  hostile: ["**/over:tcp", "**/over:websocket", "**/unit:split"],
};

/** How many cases run at the same time with one mutant; most of those that fail just wait. */
const JOBS = 32;

/** What became of one mistake. */
export interface Mutant {
  /** The mistake. */
  readonly fault: Fault;
  /** The suite that was run. */
  readonly suite: FaultGroup["suite"];
  /** The identifiers of the cases that have found it; when there are none it has survived. */
  readonly killedBy: readonly string[];
}

/** Which case finds which mistake. */
export interface Matrix {
  /** One for each mistake that was tried. */
  readonly mutants: readonly Mutant[];
  /** The mistakes that no case finds. */
  readonly survivors: readonly Mutant[];
  /** Cases at level must that find no mistake. */
  readonly idle: readonly string[];
}

/** What is tried and how. */
export interface MatrixOptions {
  /** The names of the mistakes; all when absent. */
  readonly names?: readonly string[] | undefined;
  /** How many mutants are run at the same time; one for each core when absent. */
  readonly mutants?: number | undefined;
  /** Hears of each mutant when it is through. */
  readonly done?: ((mutant: Mutant) => void) | undefined;
  /** Ends the work early. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes each mistake in a copy of our own module and runs the corpus with it.
 *
 * The copies are in a temporary folder, which is removed. Needs permission to write there and to run
 * Deno.
 */
export async function runMutants(options: MatrixOptions = {}): Promise<Matrix> {
  const { names, mutants: atOnce = navigator.hardwareConcurrency } = options;
  const waiting = FAULTS.flatMap(({ suite, faults }) =>
    faults.map((fault) => ({ suite, fault }))
  ).filter(({ fault }) => names?.includes(fault.name) ?? true);
  const mutants: Mutant[] = [];
  const work = async () => {
    for (let next; (next = waiting.shift()) !== undefined;) {
      options.signal?.throwIfAborted();
      const mutant = { ...next, killedBy: await killers(next, options.signal) };
      mutants.push(mutant);
      options.done?.(mutant);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const busy = new Set(mutants.flatMap(({ killedBy }) => killedBy));
  const suites = new Set(mutants.map(({ suite }) => suite));
  return {
    mutants,
    survivors: mutants.filter(({ killedBy }) => killedBy.length === 0),
    idle: casesOf(CORPUS)
      .filter(({ id, level, withdrawn }) =>
        level === "must" && withdrawn === undefined &&
        suites.has(suiteOf(id) as FaultGroup["suite"]) && !busy.has(id)
      )
      .map(({ id }) => id),
  };
}

/** The cases of a suite that find a mistake. */
async function killers(
  { suite, fault }: Pick<Mutant, "suite" | "fault">,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const path = await Deno.makeTempDir({ prefix: "gotalk-mutant-" });
  const folder = new URL(`file://${path}/`);
  try {
    await mutate(fault, folder);
    const program = new URL("conformance/adapters/deno/main.ts", folder);
    const command = [
      Deno.execPath(),
      "run",
      "--no-check",
      "--allow-all",
      `--config=${CONFIG.pathname}`,
      program.pathname,
    ].map((word) => `"${word}"`).join(" ");
    const open = () => startAdapter(command, { answerTimeout: ANSWER_TIMEOUT });
    const { results } = await run(open, {
      suites: [suite],
      run: RUNS[suite],
      jobs: JOBS,
      timeoutScale: TIMEOUT_SCALE,
      signal,
    });
    // Our module without a mistake is never weak.
    const found = results.filter(({ verdict }) =>
      verdict === "fail" || verdict === "weak"
    );
    return [...new Set(found.map(({ id }) => id))];
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}
