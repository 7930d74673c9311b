/**
 * The command `run`.
 *
 * @module
 */

import { isAbsolute } from "node:path";
import { CORPUS, type Corpus } from "../cases/corpus.ts";
import type { CaseRun } from "../cases/expand.ts";
import { glob } from "../cases/glob.ts";
import { allRuns, choose } from "../cases/plan.ts";
import type { Report } from "../judging/report.ts";
import { TerminalReporter } from "../reports/terminal.ts";
import { quoted, repeatCommand } from "../reports/repeat_command.ts";
import { run } from "../judging/run.ts";
import { AdapterError } from "../implementation.ts";
import {
  expectedCasesOption,
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
import {
  REPORT_KINDS,
  type ReportFile,
  reportFile,
} from "../command_line/report_files.ts";
import {
  IMPLEMENTATION_HELP,
  IMPLEMENTATION_OPTIONS,
  implementationOption,
  TARGET_OPTIONS,
} from "../command_line/implementation_option.ts";
import { CORPUS_HELP, corpusOption } from "../command_line/corpus_option.ts";
import { programWords } from "../command_line/program.ts";
import { showCommand } from "./show.ts";

/** How many instances of an implementation run at the same time, at most. */
const INSTANCES = 8;

const HELP = `Usage: run [options]

Runs the corpus against an implementation. Prints failures and a summary.

Implementation under test:
${IMPLEMENTATION_HELP}
  --validate             Treat unknown fields in the answers of an adapter as errors
  --allow-unknown        Accept unknown roles, transports, operations and features of an adapter
  --folder DIR           Start the adapter in this folder; paths of other options are relative to it too

Cases:
${PLAN_HELP}
${CORPUS_HELP}
  --expect-cases N       Expect at least N cases to apply, or with @FILE those that a report of the kind
                         "cases" lists
  --corpus-version V     Refuse to run unless the corpus has version V (this one has ${CORPUS.version})

Judging:
  --level LEVEL          Count failures up to this level: must (default) or should
  --known-failing LIST   Expect failures: @FILE with a list of known failures, or a GLOB (repeatable)
  --known-flaky LIST     The same for cases that fail sometimes
  --timeout-scale N      Multiply all time limits by N
  --jobs N               Run N cases at the same time (default: 16)
  --seed N               Seed of random choices (default: 1)
  --fail-fast            Stop at the first failure that counts
  --no-preflight         Run cases also if the first steps of their role and transport fail

Output:
  --all                  Show all failed cases, not only the first 20
  --trace                Show passing runs as well, and what happened in each
  --report KIND:PATH     Write a report: ${REPORT_KINDS} (repeatable)
  --print-steps ID       Show a case instead, like the command show

Exit status: 0 if everything is as expected; 1 if there are failures; 2 if the arguments are wrong; 3 if
the implementation cannot be used, or nothing was judged; 4 if a known failure did not fail, or an expected
case did not apply; 130 if the run was interrupted.`;

const OPTIONS = {
  text: [
    ...IMPLEMENTATION_OPTIONS,
    ...TARGET_OPTIONS,
    ...PLAN_OPTIONS.text,
    "level",
    "timeout-scale",
    "jobs",
    "seed",
    "corpus",
    "corpus-version",
    "expect-cases",
    "folder",
    "print-steps",
  ],
  texts: [...PLAN_OPTIONS.texts, "known-failing", "known-flaky", "report"],
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
  enterFolder(given);
  const corpus = await corpusOption(given);
  const timeoutScale =
    numberOption(given, "timeout-scale", { integer: false }) ?? 1;
  const open = implementationOption(given, timeoutScale);
  const trace = given.flags.has("trace");
  const files = (given.texts.report ?? []).map(reportFile);
  for (const file of files) await file.check();
  checkChosen(given, corpus, terminal);
  const command = again(given, []);
  const options = {
    ...planOptions(given),
    corpus,
    level: levelOption(given),
    known: await knownFailuresOption(given, "known-failing"),
    flaky: await knownFailuresOption(given, "known-flaky"),
    timeoutScale,
    jobs: numberOption(given, "jobs"),
    // An attached adapter was started elsewhere, once.
    instances: given.text.attach === undefined ? INSTANCES : 1,
    seed: numberOption(given, "seed"),
    trace,
    expectCases: await expectedCasesOption(given, corpus),
    preflight: !given.flags.has("no-preflight"),
    failFast: given.flags.has("fail-fast"),
    signal: terminal.signal,
    command,
    reporter: new TerminalReporter({
      write: terminal.out,
      progress: terminal.progress,
      status: terminal.progress === undefined
        ? (line) => terminal.err(`${line}\n`)
        : undefined,
      statements: CORPUS.statements,
      again: (name) => repeatCommand(command, name),
      againFirst: (role) =>
        again(given, ["--role", role, "--run", "session/handshake/**"]),
      trace,
      most: given.flags.has("all") ? Infinity : undefined,
    }),
  };
  let report: Report;
  try {
    report = await run(open, options);
  } catch (error) {
    if (terminal.signal.aborted) {
      terminal.err("Interrupted before the first run\n");
      return 130;
    }
    if (error instanceof AdapterError) {
      terminal.err(`${messageOf(error)}\n`);
      return 3;
    }
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
  return await writeAll(files, report, terminal);
}

/** Writes all reports. A report that cannot be written hides no failure. */
async function writeAll(
  files: readonly ReportFile[],
  report: Report,
  { err }: Terminal,
): Promise<number> {
  let isComplete = true;
  for (const file of files) {
    try {
      await file.write([report]);
    } catch (error) {
      isComplete = false;
      err(`Cannot write a report: ${messageOf(error)}\n`);
    }
  }
  return report.status === 0 && !isComplete ? 2 : report.status;
}

/** Enters the folder to which paths are relative. */
function enterFolder({ text: { folder } }: Given): void {
  if (folder === undefined) return;
  try {
    Deno.chdir(folder);
  } catch (error) {
    throw new UsageError(`--folder is ${folder}: ${messageOf(error)}`);
  }
}

/** Refuses to run nothing, and warns of patterns that leave nothing out. */
function checkChosen(given: Given, corpus: Corpus, { err }: Terminal): void {
  const { texts, flags } = given;
  const all = allRuns(corpus);
  let chosen: readonly CaseRun[];
  try {
    chosen = choose(all, planOptions(given));
    for (const pattern of texts.skip ?? []) {
      const isMatch = glob(pattern);
      if (all.some(({ name }) => isMatch(name))) continue;
      err(`Warning: no case matches --skip ${pattern}\n`);
    }
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
  if (chosen.length > 0) return;
  const isHostile = texts.run?.some((pattern) =>
    pattern.startsWith("hostile/")
  );
  throw new UsageError(
    isHostile && !flags.has("hostile")
      ? "hostile cases run only with --hostile"
      : "no case matches; see the command list",
  );
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

/** Returns the command line that runs chosen cases again. */
function again(
  { text, flags }: Given,
  chosen: readonly string[],
): string {
  const words = [...programWords(), "run"];
  // An absolute one is where a task was started: the command is for that folder.
  if (text.folder !== undefined && !isAbsolute(text.folder)) {
    words.push("--folder", text.folder);
  }
  const repeated = [
    ...IMPLEMENTATION_OPTIONS,
    ...TARGET_OPTIONS,
    "corpus",
    "timeout-scale",
    "seed",
  ];
  for (const option of repeated) {
    const value = text[option];
    if (value !== undefined) words.push(`--${option}`, value);
  }
  if (flags.has("allow-unknown")) words.push("--allow-unknown");
  return [...words, "--trace", ...chosen].map(quoted).join(" ");
}
