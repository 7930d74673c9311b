/**
 * The gate of mutants by operator: hunts the recorded sample, and records what is found.
 *
 * @module
 */

import type { CaseRun } from "../../runner/cases/expand.ts";
import type { Terminal } from "../../runner/command_line/command.ts";
import { writePage } from "../../runner/command_line/page.ts";
import { campaign, type Fate } from "./campaign.ts";
import { EXCEPTIONS, Exceptions } from "./classes.ts";
import type { Coverage } from "./coverage.ts";
import { PAGE, page } from "./page.ts";
import type { Point, Switchable } from "./point.ts";
import {
  CONFIRMATIONS,
  RECORD_FILE,
  type Records,
  sampled,
  type SubjectRecord,
} from "./record.ts";
import { replay } from "./replay.ts";
import { isEnough, summary } from "./report.ts";
import type { SubjectName } from "./subjects.ts";

/** How the gate runs. */
export interface RecordedHuntOptions {
  /** The percentage of mutants that must be killed. */
  readonly floor: number;
  /** Hunts what is left with all runs, and returns the record; `undefined` to record nothing. */
  readonly control?: (() => Promise<Coverage>) | undefined;
  readonly terminal: Terminal;
}

/** What the gate has found. */
export interface RecordedHunt {
  /** Whether enough are killed, and none survives that has been killed before. */
  readonly isGood: boolean;
  /** What to record from now on. */
  readonly record: SubjectRecord;
}

/** Hunts the sample of one program. */
export async function huntRecorded(
  subject: SubjectName,
  switchable: Switchable,
  runs: readonly CaseRun[],
  before: SubjectRecord,
  { floor, control, terminal }: RecordedHuntOptions,
): Promise<RecordedHunt> {
  const { points } = switchable;
  const numbers = sampled(points, subject);
  const updates = control !== undefined;
  let done = 0;
  const { fates, coverage } = await replay(switchable, numbers, before, runs, {
    updates,
    onFate: () => terminal.progress?.(`${++done} of ${numbers.length} mutants`),
    signal: terminal.signal,
  });
  for (const failing of coverage.failing) {
    terminal.out(`left out, fails without a mutant: ${failing}\n`);
  }
  const { all, reached } = updates
    ? await huntRest(switchable, fates, numbers, control, terminal)
    : { all: fates, reached: before.reached };
  const unrecorded = fates.filter(({ point }) => !(point.id in before.killers));
  const lost = all.filter(({ point, status }) =>
    status !== "killed" && (before.killers[point.id]?.length ?? 0) > 0
  );
  terminal.out(summary(all));
  if (unrecorded.length > 0 && !updates) {
    terminal.out(
      `${unrecorded.length} have no record, as their statements are new or an exception named them, and do not count: --update records them\n`,
    );
  }
  for (const { point } of lost) {
    terminal.out(`no longer killed: ${point.id}\n`);
  }
  const isComplete = all.length === numbers.length;
  // What has no record may be equivalent: nobody has looked at it.
  const judged = updates
    ? all
    : all.filter(({ point }) => point.id in before.killers);
  return {
    isGood: isComplete && isEnough(judged, floor) && lost.length === 0,
    record: {
      ...before,
      mutants: points.length,
      excepted: exceptedOf(points, subject),
      reached,
      killers: Object.fromEntries(
        all.map(({ point, killedBy }): [string, readonly string[]] => [
          point.id,
          killedBy,
        ]).sort(([a], [b]) => a < b ? -1 : 1),
      ),
    },
  };
}

/** Hunts those that are not killed with all runs that reach them. */
async function huntRest(
  switchable: Switchable,
  fates: readonly Fate[],
  numbers: readonly number[],
  control: () => Promise<Coverage>,
  terminal: Terminal,
): Promise<{ readonly all: readonly Fate[]; readonly reached: number }> {
  const coverage = await control();
  const killed = fates.filter(({ status }) => status === "killed");
  const ids = new Set(killed.map(({ point }) => point.id));
  const left = numbers.filter((number) =>
    !ids.has(switchable.points[number]!.id)
  );
  const rest = await campaign(switchable, coverage, left, {
    jobs: navigator.hardwareConcurrency,
    finds: 1,
    confirmations: CONFIRMATIONS,
    known: killed,
    signal: terminal.signal,
  });
  return { all: [...killed, ...rest], reached: coverage.reaching.size };
}

function exceptedOf(points: readonly Point[], subject: SubjectName): number {
  const exceptions = new Exceptions(EXCEPTIONS[subject]);
  return points.filter((point) => exceptions.of(point) !== undefined).length;
}

/** Writes a record, and the page that shows it. */
export async function writeRecord(records: Records): Promise<void> {
  const text = JSON.stringify(records, undefined, 2) + "\n";
  await Deno.writeTextFile(RECORD_FILE, text);
  await writePage(PAGE, page(records));
}
