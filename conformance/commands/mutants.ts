/**
 * The command that holds the corpus against mistakes.
 *
 * @module
 */

import { type Matrix, type Mutant, runMutants } from "../mutants/matrix.ts";
import { FAULTS } from "../mutants/mutate.ts";
import { numberOption, parseArguments } from "./_arguments.ts";
import { type Command, UsageError } from "./_command.ts";

/** Makes mistakes in copies of this package, and looks whether the corpus finds them. */
export const mutantsCommand: Command = {
  name: "mutants",
  summary:
    "make mistakes in copies of this package, which the corpus has to find",
  help: `Usage: mutants [options] [NAME...]

Makes each of the mistakes in conformance/mutants/ in a copy of this package, or those with
these names, and runs the corpus with it. Prints how many cases find each, then the mistakes
that none finds and the cases at level must that find none. Exit status 1 when there are any.
It takes a few minutes, and must be run from a clone: it changes source.

  --list                 only print the names and what they do
  --jobs N               how many mutants run at the same time; one for each core
  --json PATH            write which case finds which mistake`,
  async run(args, terminal) {
    const given = parseArguments(args, {
      text: ["jobs", "json"],
      flags: ["list"],
      words: { least: 0, most: Infinity },
    });
    const known = FAULTS.flatMap(({ faults }) => faults);
    const names = given.words.length > 0 ? given.words : undefined;
    for (const name of names ?? []) {
      if (known.some((fault) => fault.name === name)) continue;
      throw new UsageError(`there is no mistake ${name}, see mutants --list`);
    }
    if (given.flags.has("list")) {
      const lines = new Set(known.map(({ name, does }) => `${name}\t${does}`));
      terminal.out([...lines].join("\n") + "\n");
      return 0;
    }
    const matrix = await runMutants({
      names,
      mutants: numberOption(given, "jobs"),
      done: (mutant) => terminal.out(line(mutant)),
      signal: terminal.signal,
    });
    if (given.text.json !== undefined) {
      await Deno.writeTextFile(given.text.json, json(matrix));
    }
    // Some of the mistakes alone say nothing of the cases that find none of them.
    const idle = names === undefined ? matrix.idle : [];
    terminal.out(summary(matrix, idle));
    return matrix.survivors.length + idle.length > 0 ? 1 : 0;
  },
};

function line({ suite, fault, killedBy }: Mutant): string {
  const count = `${killedBy.length}`.padStart(4);
  return `${count}  ${suite.padEnd(9)}  ${fault.name}: ${fault.does}\n`;
}

function summary(
  { mutants, survivors }: Matrix,
  idle: readonly string[],
): string {
  return [
    "",
    `${mutants.length - survivors.length} of ${mutants.length} mutants found`,
    ...survivors.map(({ suite, fault }) =>
      `no case of ${suite} finds ${fault.name}: ${fault.does}`
    ),
    ...idle.map((id) => `${id} (must) finds no mistake`),
    "",
  ].join("\n");
}

function json({ mutants, survivors, idle }: Matrix): string {
  const rows = mutants.map(({ suite, fault: { name, does }, killedBy }) => ({
    suite,
    name,
    does,
    killedBy,
  }));
  const value = {
    mutants: rows,
    survivors: survivors.map(({ fault }) => fault.name),
    idle,
  };
  return JSON.stringify(value, undefined, 2) + "\n";
}
