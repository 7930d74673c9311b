/**
 * Makes results of outcomes, with regard to the lists of known failures.
 *
 * @module
 */

import { isCounted } from "../cases/levels.ts";
import { suiteOf } from "../cases/suites.ts";
import { printable } from "../printable.ts";
import type { Outcome } from "./execution.ts";
import { explanation, type KnownFailures } from "./known_failures.ts";
import type { Result, TraceEntry } from "./report.ts";
import { isBad } from "./verdicts.ts";

/** What decides about outcomes. */
export interface Lists {
  readonly level: "must" | "should";
  readonly trace: boolean;
  readonly known: KnownFailures;
  readonly flaky: KnownFailures;
}

/** Returns a function that turns an outcome into a result, with regard to the lists. */
export function resultMaker(
  { level, trace, known, flaky }: Lists,
): (outcome: Outcome) => Result {
  return (outcome) => {
    const { run: { name, case: about } } = outcome;
    const entry = isBad(outcome.verdict)
      ? known.find(name) ?? flaky.find(name)
      : undefined;
    const verdict = entry === undefined
      ? outcome.verdict
      : known.find(name) === entry
      ? "known"
      : "flaky";
    const { reason, expected } = outcome;
    return {
      name,
      id: about.id,
      suite: suiteOf(about.id),
      level: about.level,
      title: about.title,
      spec: about.spec,
      verdict,
      gated: isCounted(about.level, level),
      ...reason === undefined ? {} : {
        reason: printable(
          entry === undefined ? reason : explanation(entry) + reason,
        ),
      },
      ...expected === undefined ? {} : { expected: expected.map(printable) },
      ...trace || verdict !== "pass" && outcome.trace.length > 0
        ? { trace: outcome.trace.map(printableEntry) }
        : {},
      duration: Math.round(outcome.duration * 100) / 100,
      ...entry !== undefined && outcome.verdict === "errored"
        ? { errored: true as const }
        : {},
    };
  };
}

/** Returns an entry without characters that a terminal would obey. */
export function printableEntry(entry: TraceEntry): TraceEntry {
  return { ...entry, text: printable(entry.text) };
}
