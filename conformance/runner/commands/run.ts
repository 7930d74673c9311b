/**
 * The command `run`.
 *
 * @module
 */

import { CORPUS } from "../cases/corpus.ts";
import { suiteOf, SUITES } from "../cases/suites.ts";
import type { Report } from "../judging/report.ts";
import { TerminalReporter } from "../reports/terminal.ts";
import { run } from "../judging/run.ts";
import { AdapterError } from "../implementation.ts";
import {
  type Given,
  knownFailuresOption,
  numberOption,
  parseArguments,
  PLAN_HELP,
  PLAN_OPTIONS,
  planOptions,
} from "../command_line/arguments.ts";
import {
  type Command,
  messageOf,
  type Terminal,
  UsageError,
} from "../command_line/command.ts";
import { REPORT_KINDS, reportFile } from "../command_line/report_files.ts";
import {
  IMPLEMENTATION_HELP,
  IMPLEMENTATION_OPTIONS,
  implementationOption,
} from "../command_line/implementation_option.ts";
import { PROGRAM } from "../command_line/program.ts";
import { showCommand } from "./show.ts";

/** How many instances of an implementation run at the same time, at most. */
const INSTANCES = 8;

const HELP = `Usage: run [options]

Runs the corpus against an implementation. Prints failures and a summary.

Implementation under test:
${IMPLEMENTATION_HELP}
  --validate             Treat unknown fields in the answers of an adapter as errors

Cases:
${PLAN_HELP}
  --corpus-version V     Refuse to run unless the corpus has version V (this one has ${CORPUS.version})

Judging:
  --level LEVEL          Count failures up to this level: must (default) or should
  --known-failing LIST   Expect failures: @FILE with a list of known failures, or a GLOB (repeatable)
  --known-flaky LIST     The same for cases that fail sometimes
  --timeout-scale N      Multiply all time limits by N
  --jobs N               Run N cases at the same time (default: 16)
  --seed N               Seed of random choices (default: 1)
  --fail-fast            Stop at the first failure that counts

Output:
  --trace                Show passing runs as well, and what happened in each
  --report KIND:PATH     Write a report: ${REPORT_KINDS} (repeatable)
  --print-steps ID       Show a case instead, like the command show

Exit status: 0 if everything is as expected; 1 if there are failures; 2 if the arguments are wrong; 3 if
the implementation cannot be used; 4 if a known failure did not fail.`;

const OPTIONS = {
  text: [
    ...IMPLEMENTATION_OPTIONS,
    ...PLAN_OPTIONS.text,
    "level",
    "timeout-scale",
    "jobs",
    "seed",
    "corpus-version",
    "print-steps",
  ],
  texts: [...PLAN_OPTIONS.texts, "known-failing", "known-flaky", "report"],
  flags: [...PLAN_OPTIONS.flags, "trace", "fail-fast", "validate"],
};

/** Runs the corpus against an implementation. */
export const runCasesCommand: Command = {
  name: "run",
  summary: "run the corpus against an implementation",
  help: HELP,
  run: runCases,
};

async function runCases(
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const given = parseArguments(args, OPTIONS);
  const shown = given.text["print-steps"];
  if (shown !== undefined) return await showCommand.run([shown], terminal);
  checkVersion(given);
  const timeoutScale =
    numberOption(given, "timeout-scale", { integer: false }) ?? 1;
  const open = implementationOption(given, timeoutScale);
  const trace = given.flags.has("trace");
  const files = (given.texts.report ?? []).map(reportFile);
  const options = {
    ...planOptions(given),
    level: levelOption(given),
    known: await knownFailuresOption(given, "known-failing"),
    flaky: await knownFailuresOption(given, "known-flaky"),
    timeoutScale,
    jobs: numberOption(given, "jobs"),
    // An attached adapter was started elsewhere, once.
    instances: given.text.attach === undefined ? INSTANCES : 1,
    seed: numberOption(given, "seed"),
    trace,
    failFast: given.flags.has("fail-fast"),
    signal: terminal.signal,
    reporter: new TerminalReporter({
      write: terminal.out,
      progress: terminal.progress,
      statements: CORPUS.statements,
      again: (name) => again(given, name),
      trace,
    }),
  };
  let report: Report;
  try {
    report = await run(open, options);
  } catch (error) {
    if (error instanceof AdapterError) {
      terminal.err(`${messageOf(error)}\n`);
      return 3;
    }
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
  for (const file of files) await file.write([report]);
  if (report.results.length === 0) {
    throw new UsageError("no case matches; see the command list");
  }
  return report.status;
}

function checkVersion({ text }: Given): void {
  const wanted = text["corpus-version"];
  if (wanted !== undefined && wanted !== CORPUS.version) {
    throw new UsageError(
      `--corpus-version is ${wanted}, but the corpus has version ${CORPUS.version}`,
    );
  }
}

function levelOption({ text }: Given): "must" | "should" {
  const { level = "must" } = text;
  if (level === "must" || level === "should") return level;
  throw new UsageError(`--level is ${level}, wanted must or should`);
}

/** The command line that repeats the runs with a name. */
function again({ text, flags }: Given, name: string): string {
  const words = [...PROGRAM, "run"];
  for (const option of [...IMPLEMENTATION_OPTIONS, "timeout-scale", "seed"]) {
    const value = text[option];
    if (value !== undefined) words.push(`--${option}`, value);
  }
  if (SUITES[suiteOf(name)].isOptIn || flags.has("hostile")) {
    words.push("--hostile");
  }
  return [...words, "--trace", "--run", name].map(quoted).join(" ");
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word)
    ? word
    : `'${word.replaceAll("'", `'\\''`)}'`;
}
