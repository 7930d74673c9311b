/**
 * The options of the command `run` that decide how cases are judged, for each
 * thread that runs some.
 *
 * @module
 */

import {
  type Given,
  knownFailuresOption,
  numberOption,
  parseArguments,
  PLAN_OPTIONS,
} from "../command_line/arguments.ts";
import { UsageError } from "../command_line/command.ts";
import {
  IMPLEMENTATION_OPTIONS,
  implementationOption,
  TARGET_OPTIONS,
} from "../command_line/implementation_option.ts";
import type { OpenImplementation, RunOptions } from "../judging/run.ts";

/** How many instances of an implementation run at the same time, at most. */
const INSTANCES = 8;

const OPTIONS = {
  text: [
    ...IMPLEMENTATION_OPTIONS,
    ...TARGET_OPTIONS,
    ...PLAN_OPTIONS.text,
    "level",
    "timeout-scale",
    "jobs",
    "threads",
    "seed",
    "corpus",
    "corpus-version",
    "expect-cases",
    "print-steps",
  ],
  texts: [
    ...PLAN_OPTIONS.texts,
    "folder",
    "known-failing",
    "known-flaky",
    "report",
  ],
  flags: [
    ...PLAN_OPTIONS.flags,
    "all",
    "allow-unknown",
    "trace",
    "fail-fast",
    "no-preflight",
    "validate",
  ],
};

/** Parses the arguments of the command. */
export function parseRunArguments(args: readonly string[]): Given {
  return parseArguments(args, OPTIONS);
}

/** What starts the implementation, and the options that decide how it is judged. */
export interface Judging {
  readonly open: OpenImplementation;
  readonly options: RunOptions;
}

/**
 * Returns how cases are judged.
 *
 * @param threads The number of threads that run cases.
 * @throws {UsageError} If an option has a wrong value, or a list cannot be read.
 */
export async function judgingOption(
  given: Given,
  threads: number,
): Promise<Judging> {
  const timeoutScale =
    numberOption(given, "timeout-scale", { integer: false }) ?? 1;
  const open = implementationOption(given, timeoutScale);
  const jobs = numberOption(given, "jobs");
  // An attached adapter was started elsewhere, once.
  const instances = given.text.attach === undefined ? INSTANCES : 1;
  const options = {
    level: levelOption(given),
    known: await knownFailuresOption(given, "known-failing"),
    flaky: await knownFailuresOption(given, "known-flaky"),
    timeoutScale,
    jobs: jobs === undefined ? undefined : Math.ceil(jobs / threads),
    instances: Math.ceil(instances / threads),
    seed: numberOption(given, "seed"),
    trace: given.flags.has("trace"),
    failFast: given.flags.has("fail-fast"),
  };
  return { open, options };
}

function levelOption({ text }: Given): "must" | "should" {
  const { level = "must" } = text;
  if (level === "must" || level === "should") return level;
  throw new UsageError(`--level is ${level}, wanted must or should`);
}
