/**
 * Which run reaches which mutant, and the control: which run passes without any.
 *
 * @module
 */

import type { CaseRun } from "../../runner/cases/expand.ts";
import { measureRoundTrip } from "../../runner/session/mod.ts";
import type { Switchable } from "./point.ts";
import { judge, kills } from "./runs.ts";
import { SwitchedSubject } from "./switched_subject.ts";

/** What the control has found. */
export interface Coverage {
  /** The runs that pass without a mutant, with their durations in milliseconds. */
  readonly passing: readonly {
    readonly run: CaseRun;
    readonly duration: number;
  }[];
  /** The names of the runs that do not, and are left out. */
  readonly failing: readonly string[];
  /** For each mutant, the indexes in `passing` of the runs that reach it. */
  readonly reaching: ReadonlyMap<number, readonly number[]>;
  /** The mutants that are reached before any run: every run may depend on them. */
  readonly atStart: ReadonlySet<number>;
  /** The measured round trip, in milliseconds. */
  readonly roundTrip: number;
}

/** How often a run that fails without a mutant is tried. */
const TRIES = 3;

/** Whether a run may pass if it is tried again; one that is weak is no fault, and shows no mutant. */
function isTriedAgain(verdict: Parameters<typeof kills>[0]): boolean {
  return kills(verdict) && verdict !== "weak";
}

/** Runs each case alone, without a mutant. */
export async function cover(
  { command }: Pick<Switchable, "command">,
  runs: readonly CaseRun[],
  { jobs, onProgress }: {
    /** How many subjects run at the same time, each with one run at a time. */
    readonly jobs: number;
    readonly onProgress?: ((done: number, total: number) => void) | undefined;
  },
): Promise<Coverage> {
  const passing: { run: CaseRun; duration: number }[] = [];
  const failing: string[] = [];
  const reaching = new Map<number, number[]>();
  const atStart = new Set<number>();
  const waiting = runs.toReversed().map((run) => ({ run, tries: 0 }));
  let roundTrip = 0;
  let done = 0;
  const work = async () => {
    while (waiting.length > 0) {
      await using switched = await SwitchedSubject.start(command, {
        isPatient: true,
      });
      for (const number of await switched.reached()) atStart.add(number);
      const measured = await measureRoundTrip(
        switched.subject,
        switched.subject.description,
      );
      roundTrip = Math.max(roundTrip, measured);
      // One that exits is started again.
      for (let next; (next = waiting.pop()) !== undefined;) {
        const { run } = next;
        await forget(switched);
        const began = performance.now();
        const verdict = await judge(run, switched.subject, {
          roundTrip: measured,
          timeoutScale: 1,
        });
        const duration = performance.now() - began;
        const numbers = await switched.reached().catch(() => undefined);
        if (numbers === undefined || isTriedAgain(verdict)) {
          if (++next.tries < TRIES) waiting.unshift(next);
          else failing.push(run.name);
          if (numbers === undefined) break;
        } else if (verdict === "pass") {
          const index = passing.push({ run, duration }) - 1;
          for (const number of numbers) {
            reaching.getOrInsertComputed(number, () => []).push(index);
          }
        }
        onProgress?.(++done, runs.length);
      }
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return { passing, failing, reaching, atStart, roundTrip };
}

/** Lets a subject forget what the run before has made, and what that has reached; one that exits is found by the run. */
async function forget(switched: SwitchedSubject): Promise<void> {
  try {
    await switched.subject.ask("reset", {});
    await switched.reached();
  } catch {
    // The run finds it.
  }
}
