/**
 * Makes mutants of the library, and checks that the corpus kills them.
 *
 * @module
 */

import {
  numberOption,
  parseArguments,
} from "../runner/command_line/arguments.ts";
import {
  type Command,
  runCommand,
  UsageError,
} from "../runner/command_line/command.ts";
import { writePage } from "../runner/command_line/page.ts";
import { processTerminal } from "../runner/command_line/terminal.ts";
import { type Matrix, type MutantResult, runMutants } from "./matrix.ts";
import { MUTANTS } from "./mutants.ts";

/** The page that lists the cases that kill each mutant. */
const PAGE = new URL("README.md", import.meta.url);

const command: Command = {
  name: "run the mutants",
  summary: "check the corpus against mutants of the library",
  help: `Usage: deno task mutants [options] [NAME...]

Makes the mutants in conformance/mutants/, or only those named, each in a copy of the library, and
runs the corpus with each. Prints the number of cases that kill each mutant, then the mutants that
survive and the cases at level must that kill none. This takes several minutes.

Options:
  --list          Print the names of the mutants and what they do, and run nothing
  --jobs N        Run N mutants at the same time (default: the number of cores)
  --json PATH     Write the cases that kill each mutant to PATH
  --update        Update conformance/mutants/README.md

Exit status: 0 if every mutant is killed and every case at level must kills one; 1 otherwise; 2 if
the arguments are wrong.`,
  async run(args, terminal) {
    const given = parseArguments(args, {
      text: ["jobs", "json"],
      flags: ["list", "update"],
      words: { least: 0, most: Infinity },
    });
    const known = MUTANTS.flatMap(({ mutants }) => mutants);
    const names = given.words.length > 0 ? given.words : undefined;
    if (names !== undefined && given.flags.has("update")) {
      throw new UsageError("--update needs all mutants: name none");
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
    const matrix = await runMutants({
      names,
      jobs: numberOption(given, "jobs"),
      onResult: (result) => terminal.out(line(result)),
      signal: terminal.signal,
    });
    if (given.text.json !== undefined) {
      await Deno.writeTextFile(given.text.json, json(matrix));
    }
    if (given.flags.has("update")) await writePage(PAGE, page(matrix));
    // A part of the mutants says nothing about cases that kill none of them.
    const unproven = names === undefined ? matrix.unproven : [];
    terminal.out(summary(matrix, unproven));
    return matrix.survivors.length + unproven.length > 0 ? 1 : 0;
  },
};

function line({ suite, mutant, killedBy }: MutantResult): string {
  const count = `${killedBy.length}`.padStart(4);
  return `${count}  ${suite.padEnd(9)}  ${mutant.name}: ${mutant.does}\n`;
}

function summary(
  { results, survivors }: Matrix,
  unproven: readonly string[],
): string {
  return [
    "",
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

/** How many of the cases that kill a mutant the page names. */
const MOST_NAMED = 3;

function page({ results, survivors, unproven }: Matrix): string {
  const sections = MUTANTS.map(({ suite, mutants }) => {
    const rows = mutants.map(({ name, does }) => {
      const result = results.find((each) =>
        each.suite === suite && each.mutant.name === name
      );
      const killers = [...result?.killedBy ?? []].sort();
      const named = killers.slice(0, MOST_NAMED).map((id) => `\`${id}\``);
      const rest = killers.length - named.length;
      if (rest > 0) named.push(`${rest} more`);
      return `| \`${name}\` | ${does} | ${named.join(", ")} |`;
    });
    return [
      `## ${suite}`,
      "",
      "| mutant | what an implementation with this defect does | cases that kill it |",
      "| --- | --- | --- |",
      ...rows,
      "",
    ].join("\n");
  });
  const killed = results.length - survivors.length;
  return `# Mutants

A mutant is a copy of this project's library with one defect that an implementer might introduce.
\`deno task mutants\` makes each one and runs one suite of the corpus with it. Some case must kill every
mutant, and every case at level \`must\` must kill one: otherwise the case proves nothing.

The corpus kills ${killed} of ${results.length} mutants; ${unproven.length} cases at level \`must\` kill none.
\`deno task mutants --update\` writes this page.

A mutant is anchored by a symbol of the source and by text in it, not by a path and a line, so that it
survives moves. Where an anchor is gone, the test \`mutants_test.ts\` names the symbol and what comes nearest.

${sections.join("\n")}`;
}

if (import.meta.main) {
  Deno.exit(await runCommand(command, Deno.args, processTerminal()));
}
