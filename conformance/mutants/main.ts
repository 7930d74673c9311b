/**
 * Makes mistakes in copies of this package, and looks whether the corpus finds them.
 *
 * @module
 */

import { numberOption, parseArguments } from "../runner/commands/_arguments.ts";
import {
  carryOut,
  type Command,
  UsageError,
} from "../runner/commands/_command.ts";
import { writePage } from "../runner/commands/_page.ts";
import { processTerminal } from "../runner/commands/_terminal.ts";
import { type Matrix, type Mutant, runMutants } from "./matrix.ts";
import { FAULTS } from "./mutate.ts";

/** The page that says which cases find each mistake. */
const PAGE = new URL("README.md", import.meta.url);

const command: Command = {
  name: "judge the corpus",
  summary: "make mistakes in copies of this package",
  help: `Usage: deno task mutants [options] [NAME...]

Makes each of the mistakes in conformance/mutants/ in a copy of this package, or those with
these names, and runs the corpus with it. Prints how many cases find each, then the mistakes
that none finds and the cases at level must that find none. Exit status 1 when there are any.
It takes a few minutes.

  --list                 only print the names and what they do
  --jobs N               how many mutants run at the same time; one for each core
  --json PATH            write which case finds which mistake
  --update               write the same into conformance/mutants/README.md, for humans`,
  async run(args, terminal) {
    const given = parseArguments(args, {
      text: ["jobs", "json"],
      flags: ["list", "update"],
      words: { least: 0, most: Infinity },
    });
    const known = FAULTS.flatMap(({ faults }) => faults);
    const names = given.words.length > 0 ? given.words : undefined;
    if (names !== undefined && given.flags.has("update")) {
      throw new UsageError("--update wants all mistakes, not some");
    }
    for (const name of names ?? []) {
      if (known.some((fault) => fault.name === name)) continue;
      throw new UsageError(`there is no mistake ${name}, see --list`);
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
    if (given.flags.has("update")) await writePage(PAGE, page(matrix));
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

/** How many of the cases that find a mistake are named on the page. */
const MOST_NAMED = 3;

function page({ mutants, survivors, idle }: Matrix): string {
  const sections = FAULTS.map(({ suite, faults }) => {
    const rows = faults.map(({ name, does }) => {
      const found = mutants.find((mutant) =>
        mutant.suite === suite && mutant.fault.name === name
      );
      const killers = [...found?.killedBy ?? []].sort();
      const named = killers.slice(0, MOST_NAMED).map((id) => `\`${id}\``);
      const rest = killers.length - named.length;
      if (rest > 0) named.push(`${rest} more`);
      return `| \`${name}\` | ${does} | ${named.join(", ")} |`;
    });
    return [
      `## ${suite}`,
      "",
      "| mistake | what an implementation with it does | cases that find it |",
      "| --- | --- | --- |",
      ...rows,
      "",
    ].join("\n");
  });
  const found = mutants.length - survivors.length;
  return `# Mistakes that the corpus finds

Each is a small change of this project's own source, such as an implementer may well make.
\`deno task mutants\` makes each in a copy, and runs one suite of the corpus with it. Every mistake must be
found by a case, and every case at level \`must\` must find a mistake.

Of ${mutants.length} mistakes ${found} are found; ${idle.length} cases at level \`must\` find none. This page is
written by \`deno task mutants --update\`.

${sections.join("\n")}`;
}

if (import.meta.main) {
  Deno.exit(await carryOut(command, Deno.args, processTerminal()));
}
