/**
 * Makes mutants by operator, and looks for cases that find them.
 *
 * @module
 */

import type { CaseRun } from "../../runner/cases/expand.ts";
import {
  type Given,
  numberOption,
  parseArguments,
} from "../../runner/command_line/arguments.ts";
import {
  type Command,
  runCommand,
  type Terminal,
  unlessInterrupted,
  UsageError,
} from "../../runner/command_line/command.ts";
import { processTerminal } from "../../runner/command_line/terminal.ts";
import { campaign, type Fate } from "./campaign.ts";
import { cover, type Coverage } from "./coverage.ts";
import { loadCoverage, saveCoverage } from "./saved_coverage.ts";
import type { Point, Switchable } from "./point.ts";
import { FLOOR, RECORDS, SEED } from "./record.ts";
import { huntRecorded, writeRecord } from "./recorded_hunt.ts";
import { fateLine, isEnough, showPoint, summary } from "./report.ts";
import { chosenRuns } from "./runs.ts";
import { sample } from "./sample.ts";
import { isSubject, type SubjectName, SUBJECTS, visible } from "./subjects.ts";

/** How many subjects run for the control: they mostly wait. */
const CONTROLS = 6;

/** The share of runs that may fail without a mutant, for lack of time. */
const MOST_FAILING = 1 / 50;

const command: Command = {
  name: "run the mutants by operator",
  summary: "check the corpus against mutants that operators make",
  help: `Usage: deno task mutants:operators [options] [ID...]

Makes mutants of codec/, peer/ and transport/ by standard operators, each behind a switch in one copy of
the library. Runs every case alone without a mutant, which shows which mutants it reaches. Then switches on
one mutant after the other, and runs the cases that reach it until one fails, and fails again alone. Prints
each result, then the survivors with their source, and the rates of those that are killed.

Mutants that no case can find are left out: library_classes.json gives the reasons.

Options:
  --sample N        Hunt N mutants that the seed decides, and not all
  --seed N          The seed (default: 1)
  --only PATTERN    Hunt mutants whose identifiers match; * stands for any text
  --subject NAME    What is mutated: library (default), or python, the peer of the adapter in Python
  --finds N         Stop a hunt after N cases that find the mutant (default: 1)
  --cases PATTERN   Run only cases whose names match
  --hostile         Run the hostile cases too
  --jobs N          Hunt N mutants at the same time (default: the number of cores)
  --minutes N       Hunt no further mutant after N minutes
  --floor P         Fail if less than P percent are killed
  --json PATH       Write the results to PATH
  --control PATH    Keep the control in PATH, and use the one that is there
  --recorded        Hunt the sample in record.json, with the runs that have killed each mutant; of all
                    subjects, unless one is named. --floor is ${FLOOR}, and no mutant may survive that has been killed
  --update          The same; hunt the others with all runs, record what is found, and update
                    conformance/mutants/operators/README.md
  --list            Print the mutants that would be hunted, and run nothing

Exit status: 0 if enough mutants are killed, and almost all runs pass without a mutant; 1 otherwise; 2 if
the arguments are wrong; 130 if the program was interrupted.`,
  async run(args, terminal) {
    const given = parseArguments(args, {
      text: [
        "sample",
        "seed",
        "only",
        "subject",
        "finds",
        "cases",
        "control",
        "jobs",
        "minutes",
        "floor",
        "json",
      ],
      flags: ["hostile", "list", "recorded", "update"],
      words: { least: 0, most: Infinity },
    });
    const name = given.text.subject ?? "library";
    if (!isSubject(name)) throw new UsageError(`there is no subject ${name}`);
    if (given.flags.has("recorded") || given.flags.has("update")) {
      return await runRecorded(given, terminal);
    }
    if (given.flags.has("list")) {
      const points = await SUBJECTS[name].list();
      for (const number of chosen(points, name, given)) {
        terminal.out(showPoint(points[number]!));
      }
      return 0;
    }
    return await withSubject(
      name,
      (switchable) => huntAll(name, switchable, given, terminal),
    );
  },
};

/** Writes a program with its switches to a folder, which is removed at the end. */
async function withSubject<T>(
  name: SubjectName,
  work: (switchable: Switchable) => Promise<T>,
): Promise<T> {
  const path = await Deno.makeTempDir({ prefix: "gotalk-mutants-" });
  try {
    return await work(await SUBJECTS[name].make(new URL(`file://${path}/`)));
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

/** The options that go with a recorded sample. */
const OF_RECORDED = ["subject", "floor", "control", "recorded", "update"];

/**
 * Hunts the recorded sample of each subject, and records what the options say; returns the exit status.
 *
 * @throws {UsageError} If other options are given.
 */
async function runRecorded(given: Given, terminal: Terminal): Promise<number> {
  const other = [...Object.keys(given.text), ...given.flags]
    .find((name) => !OF_RECORDED.includes(name));
  if (other !== undefined || given.words.length > 0) {
    throw new UsageError(
      `${
        other === undefined ? given.words[0] : `--${other}`
      } does not go with --recorded or --update: the sample is the recorded one`,
    );
  }
  const updates = given.flags.has("update");
  const runs = chosenRuns();
  let records = RECORDS;
  let isGood = true;
  for (const name of Object.keys(SUBJECTS).filter(isSubject)) {
    if ((given.text.subject ?? name) !== name) continue;
    const hunted = await withSubject(
      name,
      (switchable) =>
        huntRecorded(name, switchable, runs, records[name], {
          floor: numberOption(given, "floor") ?? FLOOR,
          control: updates
            ? () => control(switchable, runs, given.text.control, terminal)
            : undefined,
          terminal,
        }),
    );
    records = { ...records, [name]: hunted.record };
    isGood &&= hunted.isGood;
    if (updates && !terminal.signal.aborted) await writeRecord(records);
  }
  return unlessInterrupted(isGood ? 0 : 1, terminal);
}

/** Returns the numbers of the mutants that the options choose, without the exceptions. */
function chosen(
  points: readonly Point[],
  subject: SubjectName,
  given: Given,
): readonly number[] {
  const isWanted = given.text.only === undefined
    ? () => true
    : pattern(given.text.only);
  const wanted = visible(points, subject).filter((number) => {
    const { id } = points[number]!;
    return isWanted(id) &&
      (given.words.length === 0 || given.words.includes(id));
  });
  return sample(
    wanted,
    numberOption(given, "sample") ?? Infinity,
    numberOption(given, "seed") ?? SEED,
    (number) => points[number]!.id,
  );
}

/** Hunts the chosen mutants of a subject; returns the exit status. */
async function huntAll(
  name: SubjectName,
  switchable: Switchable,
  given: Given,
  terminal: Terminal,
): Promise<number> {
  const minutes = numberOption(given, "minutes");
  const floor = numberOption(given, "floor") ?? 0;
  const over = minutes === undefined
    ? new AbortController().signal
    : AbortSignal.timeout(minutes * 60_000);
  const numbers = chosen(switchable.points, name, given);
  const runs = chosenRuns({
    hostile: given.flags.has("hostile"),
    only: given.text.cases,
  });
  const coverage = await control(
    switchable,
    runs,
    given.text.control,
    terminal,
  );
  const so: Fate[] = [];
  const save = async () => {
    if (given.text.json === undefined) return;
    await Deno.writeTextFile(given.text.json, JSON.stringify(so, undefined, 1));
  };
  const fates = await campaign(switchable, coverage, numbers, {
    jobs: numberOption(given, "jobs") ?? navigator.hardwareConcurrency,
    finds: numberOption(given, "finds") ?? 1,
    onFate(fate) {
      so.push(fate);
      terminal.out(fateLine(fate));
      if (so.length % 20 === 0) void save();
    },
    signal: AbortSignal.any([terminal.signal, over]),
  });
  await save();
  terminal.out(summary(fates));
  // Otherwise the copy is broken, and finds say nothing.
  const isSound = coverage.failing.length <= MOST_FAILING * runs.length;
  if (!isSound) terminal.out("too many runs fail without a mutant\n");
  return unlessInterrupted(isSound && isEnough(fates, floor) ? 0 : 1, terminal);
}

/** Returns what runs reach without a mutant, from a file if it is there. */
async function control(
  switchable: Switchable,
  runs: readonly CaseRun[],
  kept: string | undefined,
  terminal: Terminal,
): Promise<Coverage> {
  let coverage = kept === undefined
    ? undefined
    : await loadCoverage(kept, switchable.points, runs);
  if (coverage === undefined) {
    coverage = await cover(switchable, runs, {
      jobs: CONTROLS,
      onProgress: (done, all) =>
        terminal.progress?.(`control: ${done} of ${all} runs`),
    });
    if (kept !== undefined) {
      await saveCoverage(kept, switchable.points, coverage);
    }
  }
  for (const failing of coverage.failing) {
    terminal.out(`left out, fails without a mutant: ${failing}\n`);
  }
  terminal.out(
    `${coverage.passing.length} runs reach ${coverage.reaching.size} of ${switchable.points.length} mutants\n`,
  );
  return coverage;
}

/** A test for identifiers, in which `*` stands for any text. */
function pattern(text: string): (id: string) => boolean {
  const expression = new RegExp(
    `^${text.split("*").map(RegExp.escape).join(".*")}$`,
  );
  return (id) => expression.test(id);
}

if (import.meta.main) {
  Deno.exit(await runCommand(command, Deno.args, processTerminal()));
}
