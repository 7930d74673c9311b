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
  UsageError,
} from "../../runner/command_line/command.ts";
import { processTerminal } from "../../runner/command_line/terminal.ts";
import { campaign, type Fate } from "./campaign.ts";
import { EXCEPTIONS, Exceptions } from "./classes.ts";
import { cover, type Coverage } from "./coverage.ts";
import { libraryPoints, switchableLibrary } from "./library.ts";
import { loadCoverage, saveCoverage } from "./saved_coverage.ts";
import type { Point, Switchable } from "./point.ts";
import { pythonPoints, switchablePython } from "./python.ts";
import { fateLine, showPoint, summary } from "./report.ts";
import {
  isEnough,
  PAGE,
  page,
  type Results,
  RESULTS_FILE,
  resultsOf,
} from "./page.ts";
import recorded from "./results.json" with { type: "json" };
import { writePage } from "../../runner/command_line/page.ts";
import { chosenRuns } from "./runs.ts";
import { sample } from "./sample.ts";

/** What can be mutated. */
const SUBJECTS = {
  library: {
    list: async () => (await libraryPoints()).points,
    make: switchableLibrary,
  },
  python: { list: pythonPoints, make: switchablePython },
} as const;

type SubjectName = keyof typeof SUBJECTS;

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
  --update          Record the results, and update conformance/mutants/operators/README.md
  --list            Print the mutants that would be hunted, and run nothing

Exit status: 0 if enough mutants are killed, and almost all runs pass without a mutant; 1 otherwise; 2 if
the arguments are wrong.`,
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
      flags: ["hostile", "list", "update"],
      words: { least: 0, most: Infinity },
    });
    const name = given.text.subject ?? "library";
    if (!isSubject(name)) throw new UsageError(`there is no subject ${name}`);
    if (given.flags.has("list")) {
      const points = await SUBJECTS[name].list();
      for (const number of chosen(points, name, given)) {
        terminal.out(showPoint(points[number]!));
      }
      return 0;
    }
    const path = await Deno.makeTempDir({ prefix: "gotalk-mutants-" });
    try {
      const folder = new URL(`file://${path}/`);
      return await huntAll(name, folder, given, terminal);
    } finally {
      await Deno.remove(path, { recursive: true });
    }
  },
};

function isSubject(name: string): name is SubjectName {
  return Object.hasOwn(SUBJECTS, name);
}

/** Returns the numbers of the mutants that the options choose, without the exceptions. */
function chosen(
  points: readonly Point[],
  subject: SubjectName,
  given: Given,
): readonly number[] {
  const exceptions = new Exceptions(EXCEPTIONS[subject]);
  const isWanted = given.text.only === undefined
    ? () => true
    : pattern(given.text.only);
  const visible = [...points.keys()].filter((number) => {
    const point = points[number]!;
    return exceptions.of(point) === undefined && isWanted(point.id) &&
      (given.words.length === 0 || given.words.includes(point.id));
  });
  return sample(
    visible,
    numberOption(given, "sample") ?? Infinity,
    seedOf(given),
    (number) => points[number]!.id,
  );
}

function seedOf(given: Given): number {
  return numberOption(given, "seed") ?? 1;
}

/** Hunts the chosen mutants of a subject; returns the exit status. */
async function huntAll(
  name: SubjectName,
  folder: URL,
  given: Given,
  terminal: Terminal,
): Promise<number> {
  const minutes = numberOption(given, "minutes");
  const floor = numberOption(given, "floor") ?? 0;
  const over = minutes === undefined
    ? new AbortController().signal
    : AbortSignal.timeout(minutes * 60_000);
  const switchable = await SUBJECTS[name].make(folder);
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
  if (given.flags.has("update")) {
    await record(name, fates, { points: switchable.points, coverage, given });
  }
  // Otherwise the copy is broken, and finds say nothing.
  const isSound = coverage.failing.length <= MOST_FAILING * runs.length;
  if (!isSound) terminal.out("too many runs fail without a mutant\n");
  return isSound && isEnough(fates, floor) ? 0 : 1;
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

/** Records the results of a subject, and writes the page. */
async function record(
  name: SubjectName,
  fates: readonly Fate[],
  { points, coverage, given }: {
    readonly points: readonly Point[];
    readonly coverage: Coverage;
    readonly given: Given;
  },
): Promise<void> {
  const exceptions = new Exceptions(EXCEPTIONS[name]);
  const { sample } = given.text;
  const results: Results = {
    ...recorded as unknown as Results,
    [name]: resultsOf(fates, {
      mutants: points.length,
      excepted: points.filter((point) => exceptions.of(point) !== undefined)
        .length,
      reached: coverage.reaching.size,
      hunted: sample === undefined
        ? "all others"
        : `${fates.length} of the others, which \`deno task mutants:operators --sample ${sample}\` chooses with \`--seed ${
          seedOf(given)
        }\``,
    }),
  };
  const text = JSON.stringify(results, undefined, 2) + "\n";
  await Deno.writeTextFile(RESULTS_FILE, text);
  await writePage(PAGE, page(results));
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
