/**
 * Reports to a terminal: failures and a summary, nothing else.
 *
 * @module
 */

import { LEVELS } from "../cases/levels.ts";
import type { Report, Result, TraceEntry } from "../judging/report.ts";
import type { Reporter } from "../judging/reporter.ts";
import type { Statement } from "../cases/statements.ts";
import {
  byCase,
  type CaseSummary,
  count,
  isBad,
  isGood,
  isSilent,
  VERDICTS,
} from "./summary.ts";

/** Options of a terminal report. */
export interface TerminalOptions {
  /** Writes text. */
  readonly write: (text: string) => void;
  /** Overwrites the last line, where that is possible. */
  readonly progress?: ((line: string) => void) | undefined;
  /** The statements of the protocol, whose texts are printed with failures. */
  readonly statements: readonly Statement[];
  /** Returns the command that repeats the runs with a name. */
  readonly again: (name: string) => string;
  /** Whether passing runs are printed too, with their traces. */
  readonly trace?: boolean;
}

/** How many other failed runs of a case are named. */
const NAMED = 12;

/** How many lines of a trace are shown. */
const TRACED = 40;

/** The interval between updates of the progress, in milliseconds. */
const PROGRESS_INTERVAL = 100;

/** Prints failures, each with what was wanted and the command that repeats it, and a summary. */
export class TerminalReporter implements Reporter {
  readonly #options: TerminalOptions;
  readonly #texts: ReadonlyMap<string, Statement>;
  #total = 0;
  #done = 0;
  #failed = 0;
  #shown = -Infinity;

  /** Creates a reporter. */
  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#texts = new Map(options.statements.map((each) => [each.id, each]));
  }

  begin({ total }: { readonly total: number }): void {
    this.#total = total;
  }

  result({ verdict, gated }: Result): void {
    this.#done++;
    if (gated && isBad(verdict)) this.#failed++;
    const now = performance.now();
    if (now - this.#shown < PROGRESS_INTERVAL) return;
    this.#shown = now;
    this.#options.progress?.(
      `${this.#done} of ${this.#total}, ${this.#failed} failed`,
    );
  }

  remark(text: string): void {
    this.#options.progress?.(text.split("\n", 1)[0]!);
  }

  end(report: Report): void {
    this.#options.progress?.("");
    if (this.#options.trace) {
      for (const result of report.results) {
        if (!isBad(result.verdict)) this.#print(result, []);
      }
    }
    const failures = report.results.filter(({ gated, verdict }) =>
      gated && isBad(verdict)
    );
    for (const { runs } of byCase({ results: failures })) {
      const [first, ...others] = runs;
      this.#print(first!, others);
    }
    for (const entry of report.stale) {
      this.#write(
        `STALE ${entry}\n  listed as a known failure, but nothing of it failed: remove it from the list\n`,
      );
    }
    this.#write(summary(report));
  }

  #print(result: Result, others: readonly Result[]): void {
    const { name, verdict, title, spec, reason, expected = [] } = result;
    const lines = [`${verdict.toUpperCase()} ${name}`, `  ${title}`];
    for (const id of spec) {
      const statement = this.#texts.get(id);
      lines.push(
        statement === undefined
          ? `  ${id}`
          : `  ${id} (${statement.level}): ${statement.text}`,
      );
    }
    for (const [at, alternative] of expected.entries()) {
      lines.push(`  ${at === 0 ? "wanted " : "    or "}  ${alternative}`);
    }
    if (reason !== undefined) lines.push(`  but      ${reason}`);
    lines.push(...traced(result.trace ?? []));
    if (others.length > 0) lines.push(`  also     ${named(others)}`);
    lines.push(`  again    ${this.#options.again(name)}`);
    this.#write(lines.join("\n") + "\n");
  }

  #write(text: string): void {
    this.#options.write(text + "\n");
  }
}

function traced(trace: readonly TraceEntry[]): string[] {
  const shown = trace.slice(0, TRACED).map(({ at, by, text }) =>
    `  ${at.toFixed(1).padStart(9)} ms ${by} ${text}`
  );
  const left = trace.length - shown.length;
  return left > 0 ? [...shown, `  … and ${left} more`] : shown;
}

function named(results: readonly Result[]): string {
  const names = results.slice(0, NAMED)
    .map(({ name, id }) => name.slice(id.length + 1));
  const left = results.length - names.length;
  return names.join(" ") + (left > 0 ? ` and ${left} more` : "");
}

/** Returns counts by suite and level, and how much of the protocol was tested. */
function summary(report: Report): string {
  const { results, statements, implementation, options } = report;
  const all = count(results);
  const columns = VERDICTS.filter((verdict) =>
    verdict === "pass" || all[verdict] > 0
  );
  const groups = Map.groupBy(
    results,
    ({ suite, level }) => `${suite} ${level}`,
  );
  const rows = Array.from(groups, ([group, of]) => [
    group,
    ...columns.map((verdict) => String(count(of)[verdict])),
  ]);
  const title =
    `${implementation.name} ${implementation.version}, corpus ${report.corpus.version}, level ${options.level}`;
  return [
    title,
    "",
    ...table([
      ["", ...columns],
      ...rows,
      ["all", ...columns.map((verdict) => String(all[verdict]))],
    ]),
    "",
    ...coverage(statements),
    ...ungated(report),
    ...casesIn(byCase(report)),
    conclusion(report),
  ].join("\n");
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) =>
    Math.max(...rows.map((row) => row[column]!.length))
  );
  return rows.map((row) =>
    row.map((cell, column) =>
      column === 0
        ? cell.padEnd(widths[column]!)
        : cell.padStart(widths[column]!)
    ).join("  ").trimEnd()
  );
}

function coverage(statements: Report["statements"]): string[] {
  if (statements.length === 0) return [];
  const parts = LEVELS.flatMap((level) => {
    const of = statements.filter((each) => each.level === level);
    const shown = of.filter(({ passed, failed }) => passed + failed > 0);
    return of.length === 0
      ? []
      : [`${shown.length} of ${of.length} at level ${level}`];
  });
  const failed = statements.filter((each) => each.failed > 0);
  return [
    `statements tested: ${parts.join(", ")}`,
    ...failed.length === 0
      ? []
      : [`statements with failures: ${failed.map(({ id }) => id).join(", ")}`],
  ];
}

function ungated({ results }: Report): string[] {
  const failed = results.filter(({ gated, verdict }) =>
    !gated && isBad(verdict)
  );
  if (failed.length === 0) return [];
  const cases = new Set(failed.map(({ id }) => id));
  return [
    `not counted at this level: ${counted(failed.length, "failure")} of ${
      counted(cases.size, "case")
    }`,
  ];
}

function casesIn(cases: readonly CaseSummary[]): string[] {
  const judged = cases.filter(({ verdict }) => !isSilent(verdict));
  const good = judged.filter(({ verdict }) => isGood(verdict));
  return [
    `cases: ${good.length} of ${judged.length} that apply pass in every run`,
  ];
}

function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function conclusion({ status, duration, results }: Report): string {
  const time = `${(duration / 1000).toFixed(1)} s`;
  const failed = results.filter(({ gated, verdict }) =>
    gated && isBad(verdict)
  );
  if (results.every(({ verdict }) => isSilent(verdict))) {
    return "nothing was judged: no case applies to the features that the implementation has";
  }
  if (status === 0) return `all as expected, in ${time}`;
  return status === 1
    ? `${counted(failed.length, "failure")}, in ${time}`
    : `the list of known failures is stale, in ${time}`;
}
