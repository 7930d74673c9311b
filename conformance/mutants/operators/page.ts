/**
 * The page with the rates of mutants by operator.
 *
 * @module
 */

import { CLASSES, EXCEPTIONS } from "./classes.ts";
import { type Operator, OPERATORS } from "./point.ts";
import {
  CONFIRMATIONS,
  FLOOR,
  type Records,
  SEED,
  SIZES,
  type SubjectRecord,
} from "./record.ts";
import { rates, showRate, type Tried } from "./report.ts";
import { type SubjectName, SUBJECTS } from "./subjects.ts";

/** Where the page is. */
export const PAGE: URL = new URL("README.md", import.meta.url);

/** Returns the text of the page. */
export function page(records: Records): string {
  const parts = Object.entries(records).map(([name, record]) =>
    part(name as SubjectName, record)
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
run again alone, with a process of its own; the hunt ends with the first that fails twice. Time and memory
of a mutant are bounded.

\`deno task mutants:operators\` hunts all mutants of the library, \`--sample N --seed N\` some of them,
\`--subject python\` those of the peer of the Python adapter, which shares nothing with the library but the
pages. A mutant that no run reaches counts as not killed.

CI hunts a recorded sample, ${SIZES.library} mutants of the library and ${SIZES.python} of the peer in Python:
\`deno task mutants:operators --recorded\`. Seed ${SEED} and the identifiers decide which: those whose hashes are
lowest, so that a change of one statement changes no more of the sample than its own mutants. \`record.json\`
names the runs that have killed each. They run once without a mutant, then with it, each alone with a process
of its own. A mutant that they no longer kill, or that has no record, is hunted with those of the others; one
that is recorded as not killed is not hunted again. The command fails if a mutant survives that has been
killed before, or if less than ${FLOOR} % of those with a record are killed. \`--update\`
hunts those that are left with all cases, and writes the record and this page; a run is recorded only if it
fails ${CONFIRMATIONS} times in a row.

An identifier has the file, the declaration, the operator, and a hash of the statement: it stays the same
while the statement does. \`library_classes.json\` and \`python_classes.json\` name mutants that no case can
find, with the reason: ${
    Object.entries(CLASSES).map(([name, why]) => `\`${name}\` (it ${why})`)
      .join(", ")
  }. \`visible\` names mutants among them
that cases can find. The sample has none of the others.

The rates compare the mutants that some run kills twice with all of a set, and there are two sets. The first
hunt counts every mutant that has ever been in the sample, as it was found when it was hunted for the first
time, before anything was done about it; most exceptions were found then, so its rate is given with them, and
without. The recorded sample is what is hunted now: the exceptions are gone, the next mutants have their places,
and cases were added. So the two rates are not one before and one after of the same mutants.

${parts.join("\n")}`;
}

function part(name: SubjectName, record: SubjectRecord): string {
  const { mutants, excepted, reached, first } = record;
  const tried = triedOf(record);
  const left = tried.filter(({ status }) => status === "survived");
  return [
    `## ${SUBJECTS[name].title}`,
    "",
    `Of ${mutants} mutants, runs of the corpus reach ${reached}; ${excepted} are not hunted, for ${
      EXCEPTIONS[name].length
    } reasons.`,
    "",
    `The first hunt, of all samples so far, killed ${
      showRate({ killed: first.killed, all: first.hunted })
    }. Of those left, ${first.excepted} turned out to be such as no case can find: without these, ${
      showRate({ killed: first.killed, all: first.hunted - first.excepted })
    }.${first.filled === 0 ? "" : ` Cases were added for ${first.filled}.`}`,
    "",
    `The recorded sample, which is another set, has ${tried.length} mutants:`,
    "",
    table(
      ["mutants", "killed"],
      rates(tried).map(([of, rate]) => [
        of === "all" ? "**all**" : `\`${of}\``,
        showRate(rate),
      ]),
    ),
    "",
    ...left.length === 0
      ? []
      : ["Not killed:", "", ...left.map(({ id }) => `- \`${id}\``), ""],
  ].join("\n");
}

/** What is recorded of each mutant of a sample. */
function triedOf(
  { killers }: SubjectRecord,
): (Tried & { readonly id: string })[] {
  return Object.entries(killers).map(([id, runs]) => {
    const [file = "", , operator] = id.split(":");
    return {
      id,
      point: { file, operator: operator as Operator },
      status: runs.length > 0 ? "killed" : "survived",
    };
  });
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [head, head.map(() => "---"), ...rows].map(line).join("\n");
}
