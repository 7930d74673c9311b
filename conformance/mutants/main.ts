/**
 * Makes mutants of the library, and checks that the corpus kills them.
 *
 * @module
 */

import {
  type Given,
  numberOption,
  parseArguments,
} from "../runner/command_line/arguments.ts";
import {
  type Command,
  runCommand,
  type Terminal,
  UsageError,
} from "../runner/command_line/command.ts";
import { writePage } from "../runner/command_line/page.ts";
import { processTerminal } from "../runner/command_line/terminal.ts";
import { type Matrix, type MutantResult, runMutants } from "./matrix.ts";
import { MUTANTS } from "./mutants.ts";
import { PAGE, page } from "./page.ts";
import { UNUSABLE } from "./trial.ts";
import { choosePairs, type PairResult, runPairs } from "./pairs.ts";
import { KILLERS, type Killers, KILLERS_FILE } from "./recorded.ts";

const command: Command = {
  name: "run the mutants",
  summary: "check the corpus against mutants of the library",
  help: `Usage: deno task mutants [options] [NAME...]

Makes the mutants in conformance/mutants/, or only those named, one after the other in copies of the
library, and runs the corpus with each, after a control without a mutant. Runs the cases first that are
recorded in killers.json, and the others of the suite only if none of them fails. Prints the number of
cases that kill each mutant, then the mutants that survive and the cases at level must that kill none:
those that are not recorded run with every mutant until one is killed, so record them.

Options:
  --list          Print the names of the mutants and what they do, and run nothing
  --suite NAME    Run only the mutants of this suite
  --cases GLOB    Run only cases whose identifiers match, all of them with each mutant
  --jobs N        Run N mutants at the same time (default: two for each core)
  --json PATH     Write the cases that kill each mutant to PATH
  --record        Add what is found to killers.json, and update conformance/mutants/README.md
  --whole         Run all cases of a suite with each of its mutants, and those that fail twice
  --update        The same; record the cases, and update conformance/mutants/README.md
  --page          Update conformance/mutants/README.md from what is recorded, and run nothing
  --pairs N       Run N pairs of mutants instead: the cases of the first must fail with both
  --seed N        What decides the pairs (default: 1)

Exit status: 0 if every mutant is killed and every case at level must kills one; 1 otherwise; 2 if
the arguments are wrong; 130 if the program was interrupted.`,
  async run(args, terminal) {
    const given = parseArguments(args, {
      text: ["cases", "jobs", "json", "pairs", "seed", "suite"],
      flags: ["list", "page", "record", "update", "whole"],
      words: { least: 0, most: Infinity },
    });
    const known = MUTANTS.flatMap(({ mutants }) => mutants);
    const names = given.words.length > 0 ? given.words : undefined;
    const isPart = names !== undefined || given.text.suite !== undefined ||
      given.text.cases !== undefined;
    if (isPart && given.flags.has("update")) {
      throw new UsageError(
        "--update needs all mutants: name none, no suite, and no cases",
      );
    }
    for (const name of names ?? []) {
      if (known.some((mutant) => mutant.name === name)) continue;
      throw new UsageError(`there is no mutant ${name}, see --list`);
    }
    if (given.flags.has("list")) {
      const lines = new Set(known.map(({ name, does }) => `${name}\t${does}`));
      terminal.out([...lines].join("\n") + "\n");
      return 0;
    }
    if (given.flags.has("page")) {
      await writePage(PAGE, page(KILLERS));
      return 0;
    }
    const pairs = numberOption(given, "pairs");
    return pairs === undefined
      ? await runChosen(names, given, terminal)
      : await runPairsOf(pairs, given, terminal);
  },
};

/** Runs pairs of mutants; returns the exit status. */
async function runPairsOf(
  count: number,
  given: Given,
  terminal: Terminal,
): Promise<number> {
  const results = await runPairs(
    await choosePairs(count, numberOption(given, "seed") ?? 1),
    KILLERS,
    {
      jobs: numberOption(given, "jobs"),
      onResult: (result) => terminal.out(pairLine(result)),
      signal: terminal.signal,
    },
  );
  terminal.out(pairSummary(results));
  return results.some(isHidden) ? 1 : 0;
}

/** Runs the mutants with some names, or all, and records what the options say; returns the exit status. */
async function runChosen(
  names: readonly string[] | undefined,
  given: Given,
  terminal: Terminal,
): Promise<number> {
  const isUpdate = given.flags.has("update");
  const isWhole = given.flags.has("whole") || isUpdate;
  const matrix = await runMutants({
    names,
    suite: given.text.suite,
    cases: given.text.cases,
    recorded: isWhole ? undefined : KILLERS,
    jobs: numberOption(given, "jobs"),
    onResult: (result) => terminal.out(line(result)),
    signal: terminal.signal,
  });
  if (given.text.json !== undefined) {
    await Deno.writeTextFile(given.text.json, json(matrix));
  }
  if (isUpdate || given.flags.has("record")) {
    const killers = toRecord(matrix, isUpdate ? {} : KILLERS);
    const text = JSON.stringify(killers, undefined, 2) + "\n";
    await Deno.writeTextFile(KILLERS_FILE, text);
    await writePage(PAGE, page(killers));
  }
  // A part of the mutants says nothing about cases that kill none of them.
  const unproven = names === undefined && given.text.cases === undefined
    ? matrix.unproven
    : [];
  terminal.out(summary(matrix, unproven));
  return matrix.survivors.length + unproven.length > 0 ? 1 : 0;
}

function line({ suite, mutant, killedBy }: MutantResult): string {
  const count = `${killedBy.length}`.padStart(4);
  return `${count}  ${suite.padEnd(9)}  ${mutant.name}: ${mutant.does}\n`;
}

function summary(
  { results, survivors, control }: Matrix,
  unproven: readonly string[],
): string {
  return [
    "",
    ...control.map((id) => `left out, fails without a mutant: ${id}`),
    `${results.length - survivors.length} of ${results.length} mutants killed`,
    ...survivors.map(({ suite, mutant }) =>
      `no case of ${suite} kills ${mutant.name}: ${mutant.does}`
    ),
    ...unproven.map((id) => `${id} (must) kills no mutant`),
    "",
  ].join("\n");
}

function json({ results, survivors, unproven }: Matrix): string {
  const mutants = results.map((
    { suite, mutant: { name, does }, killedBy },
  ) => ({
    suite,
    name,
    does,
    killedBy,
  }));
  const value = {
    mutants,
    survivors: survivors.map(({ mutant }) => mutant.name),
    unproven,
  };
  return JSON.stringify(value, undefined, 2) + "\n";
}

/** The cases of a matrix, and those that were recorded before, as they are recorded. */
function toRecord({ results }: Matrix, before: Killers): Killers {
  return Object.fromEntries(MUTANTS.map(({ suite, mutants }) => [
    suite,
    Object.fromEntries(mutants.map((mutant) => {
      const result = results.find((each) =>
        each.suite === suite && each.mutant === mutant
      );
      const ids = new Set([
        ...before[suite]?.[mutant.name] ?? [],
        ...result?.killedBy ?? [],
      ]);
      ids.delete(UNUSABLE); // It is no case.
      return [mutant.name, [...ids].sort()];
    })),
  ]));
}

function isHidden({ failing }: PairResult): boolean {
  return failing.length === 0;
}

function pairLine({ first, second, cases, failing }: PairResult): string {
  const count = `${failing.length} of ${cases.length}`;
  return `${count}  ${first.suite}  ${first.mutant.name} with ${second.mutant.name}\n`;
}

function pairSummary(results: readonly PairResult[]): string {
  const cases = results.flatMap(({ cases }) => cases).length;
  const failing = results.flatMap(({ failing }) => failing).length;
  const hidden = results.filter(isHidden);
  return [
    "",
    `${
      results.length - hidden.length
    } of ${results.length} first mutants are still found, by ${failing} of ${cases} cases`,
    ...hidden.map(({ first, second }) =>
      `${second.mutant.name} hides ${first.mutant.name}`
    ),
    "",
  ].join("\n");
}

if (import.meta.main) {
  Deno.exit(await runCommand(command, Deno.args, processTerminal()));
}
