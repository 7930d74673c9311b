/**
 * Runs cases against one mutant, or several at once.
 *
 * @module
 */

import { startAdapter } from "../runner/adapter_protocol/start_adapter.ts";
import { CORPUS } from "../runner/cases/corpus.ts";
import { AdapterError } from "../runner/implementation.ts";
import type { Result, Verdict } from "../runner/judging/report.ts";
import {
  type OpenImplementation,
  run,
  type RunOptions,
} from "../runner/judging/run.ts";
import { boundMemory } from "./bounded_adapter.ts";
import type { Mutant, MutantSuite } from "./mutant.ts";
import type { MutableCopy } from "./mutable_copy.ts";

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
    // The only one of these that cuts a payload of more than 4,096 bytes.
    "**/chunk:random#1",
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

/**
 * The verdicts that the library as it is never gets. A mutant that gets a case
 * errored, for example since it refuses to connect, fails a run just as well.
 */
const FINDS: ReadonlySet<Verdict> = new Set(["fail", "weak", "errored"]);

/** How many cases run at the same time with one mutant; most of those that fail wait for a time limit. */
const JOBS = 32;

/** How many run at the same time when a find is confirmed: few, so that none fails for lack of time. */
const CONFIRMING_JOBS = 4;

/** How long the runs of one mutant may take, in milliseconds. */
const TRIAL_TIMEOUT = 600_000;

/** What is tried. */
export interface Trial {
  /** The copy that becomes the mutant. */
  readonly copy: MutableCopy;
  /** The suite. */
  readonly suite: MutantSuite;
  /** The mutant, or several as one. */
  readonly mutant: Pick<Mutant, "name" | "edits">;
  /** The identifiers of the cases; all of the suite when absent. */
  readonly cases?: readonly string[] | undefined;
  /** Whether cases that fail are run again, few at a time and with all of the time. */
  readonly confirms?: boolean | undefined;
  /** Ends the work early. */
  readonly signal?: AbortSignal | undefined;
}

/** The identifiers of the cases that fail with a mutant. */
export async function failingCases(
  { copy, suite, mutant, cases, confirms = false, signal }: Trial,
): Promise<string[]> {
  await copy.become(mutant);
  const open = async () => {
    const adapter = await startAdapter(copy.command, {
      answerTimeout: ANSWER_TIMEOUT,
      startTimeout: START_TIMEOUT,
    });
    void adapter.ended.then(boundMemory(adapter.pid));
    return adapter;
  };
  const bound = AbortSignal.timeout(TRIAL_TIMEOUT);
  const options = {
    suites: [suite],
    // Each case has to find a mutant by itself.
    preflight: false,
    signal: signal === undefined ? bound : AbortSignal.any([signal, bound]),
  };
  const failing = await killersOf(open, {
    ...options,
    ...selectionOf(suite, cases),
    jobs: JOBS,
    timeoutScale: TIMEOUT_SCALE,
  });
  const again = failing.filter((id) => id !== UNUSABLE);
  if (!confirms || again.length === 0) return failing;
  return await killersOf(open, {
    ...options,
    ...selectionOf(suite, again),
    jobs: CONFIRMING_JOBS,
  });
}

/** The runs of some cases, without work for the others. */
function selectionOf(
  suite: MutantSuite,
  cases: readonly string[] | undefined,
): Pick<RunOptions, "corpus" | "run"> {
  const run = RUNS[suite];
  if (cases === undefined) return { run };
  const wanted = new Set(cases);
  const files = Object.entries(CORPUS.files).map((
    [path, file],
  ) => [path, {
    ...file,
    cases: file.cases.filter(({ id }) => wanted.has(id)),
  }]);
  return { corpus: { ...CORPUS, files: Object.fromEntries(files) }, run };
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
    if (FINDS.has(verdict)) killers.add(id);
  };
  try {
    await run(open, { ...options, reporter: { result } });
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    killers.add(UNUSABLE);
  }
  return [...killers];
}
