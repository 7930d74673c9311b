/**
 * The page that lists the cases that kill each mutant.
 *
 * @module
 */

import { MUTANTS } from "./mutants.ts";
import type { Killers } from "./recorded.ts";

/** Where the page is. */
export const PAGE: URL = new URL("README.md", import.meta.url);

/** How many of the cases that kill a mutant the page names. */
const MOST_NAMED = 3;

/** Returns the text of the page. */
export function page(recorded: Killers): string {
  const rows = MUTANTS.flatMap(({ suite, mutants }) =>
    mutants.map(({ name, does }) => ({
      suite,
      name,
      does,
      killers: recorded[suite]?.[name] ?? [],
    }))
  );
  const sections = MUTANTS.map(({ suite }) =>
    [
      `## ${suite}`,
      "",
      "| mutant | what an implementation with this defect does | cases that kill it |",
      "| --- | --- | --- |",
      ...rows.filter((row) => row.suite === suite).map(row),
      "",
    ].join("\n")
  );
  const killed = rows.filter(({ killers }) => killers.length > 0).length;
  const once = rows.filter(({ killers }) => killers.length === 1).length;
  return `# Mutants

A mutant is a copy of this project's library with one defect that an implementer might introduce.
\`deno task mutants\` makes each one and runs cases of one suite of the corpus with it. Some case must kill
every mutant, and every case at level \`must\` must kill one: otherwise the case proves nothing.

The corpus kills ${killed} of ${rows.length} mutants, ${once} of them by a single case. \`killers.json\` records which
case kills which mutant; \`deno task mutants\` runs those again, \`deno task mutants --update\` runs all cases,
records what fails twice, and writes this page. \`deno task mutants --cases GLOB --record NAME\` adds what some
cases kill, for a new mutant or a new case. A test allows one mutant in ten to be killed by a single case.

A mutant is anchored by a symbol of the source and by text in it, not by a path and a line, so that it
survives moves. Where an anchor is gone, the test \`mutants_test.ts\` names the symbol and what comes nearest.

\`deno task mutants --pairs N\` makes pairs: the cases that kill the first mutant must fail with both.
[Mutants by operator](operators/README.md) are made by rule, of each line of the library.

${sections.join("\n")}`;
}

function row(
  { name, does, killers }: {
    readonly name: string;
    readonly does: string;
    readonly killers: readonly string[];
  },
): string {
  const named = killers.toSorted().slice(0, MOST_NAMED).map((id) =>
    `\`${id}\``
  );
  const rest = killers.length - named.length;
  if (rest > 0) named.push(`${rest} more`);
  return `| \`${name}\` | ${does} | ${named.join(", ")} |`;
}
