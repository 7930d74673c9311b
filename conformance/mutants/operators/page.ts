/**
 * The page with the rates of mutants by operator, and the results that it is made of.
 *
 * @module
 */

import type { Fate } from "./campaign.ts";
import { CLASSES, EXCEPTIONS } from "./classes.ts";
import { OPERATORS } from "./point.ts";
import { rateOf, rates, showRate } from "./report.ts";

/** Where the page is. */
export const PAGE: URL = new URL("README.md", import.meta.url);

/** Where the results are recorded. */
export const RESULTS_FILE: URL = new URL("results.json", import.meta.url);

/** The results of one subject. */
export interface SubjectResults {
  /** The number of its mutants. */
  readonly mutants: number;
  /** The number of those that no case can find. */
  readonly excepted: number;
  /** The number of those that some run reaches. */
  readonly reached: number;
  /** Which of them were hunted. */
  readonly hunted: string;
  /** By folder or file, by operator, and of all: the number killed and hunted. */
  readonly rates: readonly (readonly [string, number, number])[];
  /** The identifiers of those that were not killed. */
  readonly left: readonly string[];
}

/** The results of all subjects. */
export type Results = Readonly<
  Partial<Record<keyof typeof TITLES, SubjectResults>>
>;

const TITLES = {
  library: "The library",
  python: "The peer in Python",
} as const;

/** Returns the results of a hunt. */
export function resultsOf(
  fates: readonly Fate[],
  counts: Pick<SubjectResults, "mutants" | "excepted" | "reached" | "hunted">,
): SubjectResults {
  return {
    ...counts,
    rates: rates(fates).map(([name, { killed, all }]) => [name, killed, all]),
    left: fates.filter(({ status }) => status !== "killed")
      .map(({ point }) => point.id).sort(),
  };
}

/** Whether enough are killed. */
export function isEnough(fates: readonly Fate[], floor: number): boolean {
  const { killed, all } = rateOf(fates);
  return 100 * killed >= floor * all;
}

/** Returns the text of the page. */
export function page(results: Results): string {
  const parts = Object.entries(results).map(([name, result]) =>
    part(name as keyof typeof TITLES, result)
  );
  return `# Mutants by operator

Standard operators make these mutants, without regard to what an implementer might get wrong:

${
    table(
      ["operator", "what it does"],
      Object.entries(OPERATORS).map(([name, does]) => [`\`${name}\``, does]),
    )
  }

All mutants of a program are in one copy of it, each behind a switch. The control runs every case alone
without a mutant, and records which mutants it reaches. A hunt switches one mutant on, and runs the cases
at level \`must\` and \`should\` that reach it, those first that have killed its neighbours. A case that fails is
run again alone; the hunt ends with the first that fails twice. Time and memory of a mutant are bounded.

\`deno task mutants:operators\` hunts all mutants of the library, \`--sample 300 --seed 1\` some of them,
\`--subject python\` those of the peer of the Python adapter, which shares nothing with the library but the
pages. A mutant that no run reaches counts as not killed. \`--update\` records the results, and writes this
page. CI does not hunt: the control alone takes minutes. It runs ten pairs of named mutants.

Each table gives the rates of the command above it. A rate compares the mutants that some case kills twice
in a row with all that the command chooses; those in the list of exceptions are in neither number. The
others are listed as not killed. Cases for them are added after the measurement and do not count in it.

An identifier has the file, the declaration, the operator, and a hash of the statement: it stays the same
while the statement does. \`library_classes.json\` and \`python_classes.json\` name mutants that no case can
find, with the reason: ${
    Object.entries(CLASSES).map(([name, why]) => `\`${name}\` (it ${why})`)
      .join(", ")
  }.

${parts.join("\n")}`;
}

function part(name: keyof typeof TITLES, result: SubjectResults): string {
  const { mutants, excepted, reached, hunted, rates, left } = result;
  return [
    `## ${TITLES[name]}`,
    "",
    `Of ${mutants} mutants, runs of the corpus reach ${reached}; ${excepted} are not hunted, for ${
      EXCEPTIONS[name].length
    } reasons. The rates are those of ${hunted}.`,
    "",
    table(
      ["mutants", "killed"],
      rates.map(([of, killed, all]) => [
        of === "all" ? "**all**" : `\`${of}\``,
        showRate({ killed, all }),
      ]),
    ),
    "",
    ...left.length === 0
      ? []
      : ["Not killed:", "", ...left.map((id) => `- \`${id}\``), ""],
  ].join("\n");
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [head, head.map(() => "---"), ...rows].map(line).join("\n");
}
