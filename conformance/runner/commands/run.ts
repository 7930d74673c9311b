/**
 * The command `run`.
 *
 * @module
 */

import { CORPUS, type Corpus } from "../cases/corpus.ts";
import type { CaseRun } from "../cases/expand.ts";
import { allRuns, choose, type PlanOptions } from "../cases/plan.ts";
import { suiteOf, SUITES } from "../cases/suites.ts";
import type { Report } from "../judging/report.ts";
import { TerminalReporter } from "../reports/terminal.ts";
import { quoted, repeatCommand } from "../reports/repeat_command.ts";
import { runInShards } from "../judging/run.ts";
import { AdapterError } from "../implementation.ts";
import {
  expectedCasesOption,
  type Given,
  PLAN_HELP,
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
  TARGET_OPTIONS,
} from "../command_line/implementation_option.ts";
import { CORPUS_HELP, corpusOption } from "../command_line/corpus_option.ts";
import { programWords, startFolder } from "../command_line/program.ts";
import { interruptedStatus } from "../command_line/interrupted.ts";
import { judgingOption, parseRunArguments } from "./_run_options.ts";
import { ThreadShards } from "./_thread_shards.ts";
import { threadsOption } from "./_threads_option.ts";
import { showCommand } from "./show.ts";

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
                         "cases" lists, in the same roles and over the same transports
  --corpus-version V     Refuse to run unless the corpus has version V (this one has ${CORPUS.version})

Judging:
  --level LEVEL          Count failures up to this level: must (default) or should
  --known-failing LIST   Expect failures: @FILE with a list of known failures, or a GLOB (repeatable)
  --known-flaky LIST     The same for cases that fail sometimes
  --timeout-scale N      Multiply all time limits by N
  --jobs N               Run N cases at the same time (default: 16 in each thread)
  --threads N            Use N threads, each with its own instances of the implementation (default: one for
                         each core, up to 4, but one for few cases, and for --target and --attach)
  --seed N               Seed of random choices (default: 1)
  --fail-fast            Stop at the first failure that counts
  --no-preflight         Run cases also if the first steps of their role and transport fail

Output:
  --all                  Show all failed cases, not only the first 20
  --trace                Show passing runs as well, and what happened in each
  --report KIND:PATH     Write a report: ${REPORT_KINDS} (repeatable)
  --print-steps ID       Show a case instead, like the command show

Exit status: 0 if everything is as expected; 1 if there are failures, or exits for no known reason; 2 if
the arguments are wrong; 3 if the implementation cannot be used, or nothing was judged; 4 if a known failure
did not fail, or an expected case did not apply; 130 if the run was interrupted by SIGINT, as by Ctrl-C; 143
if it was by SIGTERM.`;

/**
 * Returns the command that runs the corpus against an implementation.
 *
 * @param program The module of the program, which threads load.
 */
export function runCasesCommand(program: string): Command {
  return {
    name: "run",
    summary: "run the corpus against an implementation",
    help: HELP,
    run: (args, terminal) => runCases(program, args, terminal),
  };
}

async function runCases(
  program: string,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const given = parseRunArguments(args);
  const shown = given.text["print-steps"];
  if (shown !== undefined) return await showCommand.run([shown], terminal);
  checkVersion(given);
  enterFolder(given);
  const corpus = await corpusOption(given);
  const files = (given.texts.report ?? []).map(reportFile);
  for (const file of files) await file.check();
  const chosen = checkChosen(given, corpus, terminal);
  const threads = threadsOption(given, chosen);
  const { open, options: judging } = await judgingOption(given, threads);
  if (IMPLEMENTATION_OPTIONS.every((name) => given.text[name] === undefined)) {
    terminal.err(
      "Testing @gotalk/gotalk, as there is no --adapter, --target or --attach\n",
    );
  }
  const command = again(given, []);
  const options = {
    ...planOptions(given),
    ...judging,
    corpus,
    expectCases: await expectedCasesOption(given, corpus, chosen),
    preflight: !given.flags.has("no-preflight"),
    signal: terminal.signal,
    command,
    reporter: reporterOn(terminal, given, command),
  };
  using shards = new ThreadShards(program, args, threads - 1);
  const report = await judged(
    () => runInShards(open, options, shards.all),
    terminal,
  );
  if (typeof report === "number") return report;
  const status = await writeAll(files, report, terminal);
  return report.interrupted ? interruptedStatus(terminal.signal) : status;
}

/** Returns the reporter that prints a run. */
function reporterOn(
  { out, err, progress }: Terminal,
  given: Given,
  command: string,
): TerminalReporter {
  return new TerminalReporter({
    write: out,
    progress,
    status: progress === undefined ? (line) => err(`${line}\n`) : undefined,
    statements: CORPUS.statements,
    again: (name) => repeatCommand(command, name),
    againFirst: (role) =>
      again(given, ["--role", role, "--run", "session/handshake/**"]),
    trace: given.flags.has("trace"),
    most: given.flags.has("all") ? Infinity : undefined,
  });
}

/**
 * Returns the report of a run, or the exit status if there is none.
 *
 * @throws {UsageError} If an argument is wrong.
 */
async function judged(
  run: () => Promise<Report>,
  terminal: Terminal,
): Promise<Report | number> {
  try {
    return await run();
  } catch (error) {
    if (terminal.signal.aborted) {
      terminal.err("Interrupted before the first run\n");
      return interruptedStatus(terminal.signal);
    }
    if (error instanceof AdapterError) {
      terminal.err(`${messageOf(error)}\n`);
      return 3;
    }
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
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

/**
 * Enters the folder to which paths are relative. Of several, each is relative to the one before: a task states
 * first where it was started.
 */
function enterFolder({ texts: { folder: folders = [] } }: Given): void {
  for (const folder of folders) {
    try {
      Deno.chdir(folder);
    } catch (error) {
      throw new UsageError(`--folder is ${folder}: ${messageOf(error)}`);
    }
  }
}

/** Returns the chosen runs. Refuses patterns that choose nothing, and warns of those that leave nothing out. */
function checkChosen(
  given: Given,
  corpus: Corpus,
  { err }: Terminal,
): readonly CaseRun[] {
  const options = planOptions(given);
  const all = allRuns(corpus);
  try {
    for (const pattern of options.run ?? []) {
      checkChoice(all, options, { run: [pattern] }, `--run ${pattern}`);
    }
    for (const pattern of options.statements ?? []) {
      const name = `--statement ${pattern}`;
      checkChoice(all, options, { statements: [pattern] }, name);
    }
    for (const pattern of options.skip ?? []) {
      if (choose(all, { ...EVERYTHING, run: [pattern] }).length > 0) continue;
      err(`Warning: no case matches --skip ${pattern}\n`);
    }
    const chosen = choose(all, options);
    if (chosen.length > 0) return chosen;
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
  throw new UsageError("no case matches; see the command list");
}

const EVERYTHING: PlanOptions = { hostile: true };

/**
 * Refuses a pattern that chooses nothing: beside others, nobody would miss it.
 *
 * @throws {UsageError} If it does.
 */
function checkChoice(
  all: readonly CaseRun[],
  { role, suites, hostile }: PlanOptions,
  pattern: PlanOptions,
  option: string,
): void {
  if (choose(all, { role, suites, hostile, ...pattern }).length > 0) return;
  const others = choose(all, { ...EVERYTHING, ...pattern });
  throw new UsageError(
    others.length === 0
      ? `no case matches ${option}; see ${
        pattern.statements === undefined
          ? "the command list"
          : "the statements in corpus/statements.json"
      }`
      : others.every(({ name }) => SUITES[suiteOf(name)].isOptIn)
      ? "hostile cases run only with --hostile"
      : `no case matches both ${option} and the role or suite`,
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

/** Returns the command line that runs chosen cases again. */
function again(
  { text, texts, flags }: Given,
  chosen: readonly string[],
): string {
  const words = [...programWords(), "run"];
  const folders = texts.folder ?? [];
  for (const [index, folder] of folders.entries()) {
    // A task states where it was started: the command is for that folder.
    if (index === 0 && folder === startFolder()) continue;
    words.push("--folder", folder);
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
