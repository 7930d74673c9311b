/**
 * Reports to a terminal: failures and a summary, nothing else.
 *
 * @module
 */

import type { Role } from "../cases/case.ts";
import { compareSimplicity } from "../cases/order.ts";
import { ATTEMPTS, wayOf } from "../judging/preflight.ts";
import type {
  PreflightFailure,
  Report,
  Result,
  TraceEntry,
} from "../judging/report.ts";
import type { Reporter } from "../judging/reporter.ts";
import type { Statement } from "../cases/statements.ts";
import { summary } from "./_terminal_summary.ts";
import { isBad } from "../judging/verdicts.ts";
import { byCase, counted, runNames } from "./summary.ts";

/** Options of a terminal report. */
export interface TerminalOptions {
  /** Writes text. */
  readonly write: (text: string) => void;
  /** Overwrites the last line, where that is possible. */
  readonly progress?: ((line: string) => void) | undefined;
  /** Writes a line of progress now and then, where the last line cannot be overwritten. */
  readonly status?: ((line: string) => void) | undefined;
  /** The statements of the protocol, whose texts are printed with failures. */
  readonly statements: readonly Statement[];
  /** Returns the command that repeats the runs with a name. */
  readonly again: (name: string) => string;
  /** Returns the command that runs the first steps in a role again; absent if they cannot be repeated. */
  readonly againFirst?: (role: Role) => string;
  /** Whether passing runs are printed too, with their traces. */
  readonly trace?: boolean;
  /** How many failed cases are printed; 20 by default. */
  readonly most?: number | undefined;
}

/** How many failed cases are printed by default. */
const MOST = 20;

/** The interval between lines of progress, in milliseconds. */
const STATUS_INTERVAL = 30_000;

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
  #restarts = 0;
  #shown = -Infinity;
  #stated = Infinity;
  #hasStated = false;

  /** Creates a reporter. */
  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#texts = new Map(options.statements.map((each) => [each.id, each]));
  }

  begin({ total }: { readonly total: number }): void {
    this.#total = total;
    this.#stated = performance.now();
  }

  result({ verdict, gated }: Result): void {
    this.#done++;
    if (gated && isBad(verdict)) this.#failed++;
    this.#tick();
  }

  remark(text: string): void {
    this.#restarts++;
    this.#options.progress?.(text.split("\n", 1)[0]!);
    this.#tick();
  }

  #tick(): void {
    const now = performance.now();
    if (now - this.#stated >= STATUS_INTERVAL) {
      this.#stated = now;
      this.#state();
    }
    if (now - this.#shown < PROGRESS_INTERVAL) return;
    this.#shown = now;
    this.#options.progress?.(this.#line());
  }

  #line(): string {
    return `${this.#done} of ${this.#total}, ${this.#failed} failed`;
  }

  /** Writes a line of progress that stays. */
  #state(): void {
    this.#hasStated = true;
    const restarts = this.#restarts === 0
      ? ""
      : `, the implementation exited ${counted(this.#restarts, "time")}`;
    this.#options.status?.(this.#line() + restarts);
  }

  end(report: Report): void {
    this.#options.progress?.("");
    // The last line that stays must not look as if the run had stopped there.
    if (this.#hasStated) this.#state();
    if (this.#options.trace) {
      for (const result of report.results) {
        if (!isBad(result.verdict)) this.#print(result, []);
      }
    }
    for (const failure of report.preflight ?? []) this.#printFirst(failure);
    this.#printFailures(report);
    const { stale, nameless = [], unmet } = report;
    for (const entry of stale) {
      const why = nameless.includes(entry)
        ? `no case has such a name${
          /\.json$/.test(entry) ? `; wanted @${entry} for a list?` : ""
        }`
        : "listed as a known failure, but nothing of it failed: remove it from the list";
      this.#write(`STALE ${entry}\n  ${why}\n`);
    }
    this.#printMissing(unmet?.missing ?? []);
    this.#write(summary(report));
  }

  /** Prints failed cases, the simplest first, up to a number of them. */
  #printFailures({ results }: Report): void {
    const { most = MOST } = this.#options;
    const failures = results.filter(({ gated, verdict, unreached }) =>
      gated && isBad(verdict) && !unreached
    );
    const cases = byCase({ results: failures })
      .sort((a, b) => compareSimplicity(a.id, b.id));
    for (const { runs } of cases.slice(0, most)) {
      const [first, ...others] = runs;
      this.#print(first!, others);
    }
    const left = cases.length - most;
    if (left <= 0) return;
    this.#write(
      `… and ${
        counted(left, "more failed case")
      }: --all prints them, --report html:FILE shows them in a page\n`,
    );
  }

  /** Prints what was expected to apply and did not, up to a number. */
  #printMissing(names: readonly string[]): void {
    const { most = MOST } = this.#options;
    for (const name of names.slice(0, most)) {
      this.#write(
        `MISSING ${name}\n  expected to apply, but it was not judged\n`,
      );
    }
    const left = names.length - most;
    if (left > 0) this.#write(`… and ${left} more are missing: see --all\n`);
  }

  #printFirst(failure: PreflightFailure): void {
    const { role, stage, reason, expected = [], trace, cases } = failure;
    const lines = [
      `FAIL first steps: ${wayOf(failure)}`,
      `  The implementation must ${
        ATTEMPTS[stage]
      } before anything else can be tested`,
      ...alternatives(expected),
      `  but      ${reason}`,
      ...traced(trace),
      `  skipped  ${counted(cases, "case")} that depend on it`,
    ];
    const again = this.#options.againFirst?.(role);
    if (again !== undefined) lines.push(`  again    ${again}`);
    this.#write(lines.join("\n") + "\n");
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
    lines.push(...alternatives(expected));
    if (reason !== undefined) lines.push(`  but      ${reason}`);
    lines.push(...traced(result.trace ?? []));
    if (others.length > 0) lines.push(`  also     ${runNames(others, NAMED)}`);
    lines.push(`  again    ${this.#options.again(name)}`);
    this.#write(lines.join("\n") + "\n");
  }

  #write(text: string): void {
    this.#options.write(text + "\n");
  }
}

function alternatives(expected: readonly string[]): string[] {
  return expected.map((alternative, at) =>
    `  ${at === 0 ? "wanted " : "    or "}  ${alternative}`
  );
}

function traced(trace: readonly TraceEntry[]): string[] {
  const shown = trace.slice(0, TRACED).map(({ at, by, text }) =>
    `  ${at.toFixed(1).padStart(9)} ms ${by} ${text}`
  );
  const left = trace.length - shown.length;
  return left > 0 ? [...shown, `  … and ${left} more`] : shown;
}
