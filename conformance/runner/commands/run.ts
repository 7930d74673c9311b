/**
 * The command that judges.
 *
 * @module
 */

import { CORPUS } from "../cases/corpus.ts";
import type { Report } from "../judging/report.ts";
import { TerminalReporter } from "../reports/terminal.ts";
import { run } from "../judging/run.ts";
import { AdapterError } from "../implementation.ts";
import {
  type Given,
  knownOption,
  numberOption,
  parseArguments,
  PLAN_HELP,
  PLAN_OPTIONS,
  planOptions,
} from "./_arguments.ts";
import { type Command, type Terminal, UsageError } from "./_command.ts";
import { REPORT_KINDS, reportFile } from "./_report_files.ts";
import {
  IMPLEMENTATION_HELP,
  IMPLEMENTATION_OPTIONS,
  implementationOption,
} from "./_implementation_option.ts";
import { showCommand } from "./show.ts";

/** How many implementations are started at the same time, at most. */
const INSTANCES = 8;

const HELP = `Usage: run [options]

Runs the corpus with an implementation. Prints failures and a summary.

Who is judged:
${IMPLEMENTATION_HELP}
  --validate             fields in answers of an adapter that no answer has are a fault

What is run:
${PLAN_HELP}
  --corpus-version V     only with this version of the corpus, which is ${CORPUS.version}

How it is judged:
  --level LEVEL          failures up to this level count: must (default) or should
  --known-failing LIST   @FILE with a list of cases that are known to fail, or a GLOB; can be repeated
  --known-flaky LIST     the same for cases that fail now and then
  --timeout-scale N      multiplies all time limits
  --jobs N               how many cases run at the same time; 16 by default
  --seed N               where random choices begin; 1 by default
  --fail-fast            stops at the first failure that counts

What is told:
  --trace                tells of what passes too, and what happened in each case
  --report KIND:PATH     writes a report: ${REPORT_KINDS}; can be repeated
  --print-steps ID       shows a case in place of running anything, as the command show does

Exit status: 0 all as expected; 1 failures; 2 the arguments are wrong; 3 the implementation could not be
used; 4 something is listed as known to fail and did not.`;

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

/** Judges an implementation. */
export const runCommand: Command = {
  name: "run",
  summary: "judge an implementation",
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
    known: await knownOption(given, "known-failing"),
    flaky: await knownOption(given, "known-flaky"),
    timeoutScale,
    jobs: numberOption(given, "jobs"),
    // Who attaches an adapter has started one.
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
      terminal.err(`${error.message}\n`);
      return 3;
    }
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
  for (const file of files) await file.write([report]);
  if (report.results.length === 0) {
    throw new UsageError("no case has such a name; see the command list");
  }
  return report.status;
}

function checkVersion({ text }: Given): void {
  const wanted = text["corpus-version"];
  if (wanted !== undefined && wanted !== CORPUS.version) {
    throw new UsageError(
      `--corpus-version is ${wanted}, this is version ${CORPUS.version}`,
    );
  }
}

function levelOption({ text }: Given): "must" | "should" {
  const { level = "must" } = text;
  if (level === "must" || level === "should") return level;
  throw new UsageError(`--level is ${level}, wanted must or should`);
}

/** The command that repeats the runs with a name. */
function again({ text, flags }: Given, name: string): string {
  const words = ["deno", "run", "-A", PROGRAM, "run"];
  for (const option of [...IMPLEMENTATION_OPTIONS, "timeout-scale", "seed"]) {
    const value = text[option];
    if (value !== undefined) words.push(`--${option}`, value);
  }
  if (name.startsWith("hostile/") || flags.has("hostile")) {
    words.push("--hostile");
  }
  return [...words, "--trace", "--run", name].map(quoted).join(" ");
}

/** How this program is named on a command line: relative where it is a file nearby. */
const PROGRAM = programName();

function programName(): string {
  const url = new URL("../../main.ts", import.meta.url);
  return url.protocol === "file:" ? "conformance/main.ts" : url.href;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word)
    ? word
    : `'${word.replaceAll("'", `'\\''`)}'`;
}
