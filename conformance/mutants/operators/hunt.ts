/**
 * Looks for a case that finds a mutant.
 *
 * @module
 */

import type { CaseRun } from "../../runner/cases/expand.ts";
import { judge, type JudgeOptions, kills, placeOf } from "./runs.ts";
import { StartError, Subject } from "./subject.ts";
import type { Stage } from "./switched_subject.ts";

/** How a run that fails is run again. */
export interface ConfirmOptions extends JudgeOptions {
  /** How often it must fail again, each time alone with a fresh subject; once by default. */
  readonly confirmations?: number | undefined;
}

/** How mutants are hunted. */
export interface HuntOptions extends ConfirmOptions {
  /** Where runs take place until one fails; absent for mutants that must be on from the start. */
  readonly stage?: Stage | undefined;
  /** How many runs run at the same time with one mutant. */
  readonly jobs: number;
  /** How long a hunt may take, in milliseconds. */
  readonly timeout: number;
  /** After how many cases that find the mutant to stop. */
  readonly finds: number;
}

/** What a hunt has found. */
export interface Find {
  /** The runs that find the mutant, one of each case, and each confirmed by running it again alone. */
  readonly killedBy: readonly string[];
  /** Why there may be more to find: the time was over. */
  readonly isUndecided: boolean;
  /** The number of runs. */
  readonly runs: number;
}

/** Stands for a run where the mutant does not even start. */
export const START = "start";

/** How many runs are suspected of an exit before the others go on without them. */
const MOST_SUSPECTS = 8;

/**
 * Runs cases with mutants switched on, in this order, until enough of them fail.
 *
 * A run that fails is run again alone, with a fresh subject and full time limits.
 */
export async function hunt(
  command: string,
  numbers: readonly number[],
  runs: readonly CaseRun[],
  options: HuntOptions,
): Promise<Find> {
  const { finds, timeout } = options;
  const deadline = performance.now() + timeout;
  const killedBy = new Map<string, string>();
  const places = Map.groupBy(runs, placeOf);
  let count = 0;
  for (const place of ["common", "timed", "heavy"] as const) {
    let left = places.get(place) ?? [];
    while (left.length > 0) {
      if (performance.now() > deadline) {
        return {
          killedBy: [...killedBy.values()],
          isUndecided: true,
          runs: count,
        };
      }
      const round = await together(command, numbers, left, {
        ...options,
        jobs: place === "heavy" ? 1 : options.jobs,
        deadline,
      });
      count += round.done.size;
      // If nothing of it is confirmed, the mutants before have left something behind.
      let isBroken = round.suspects.length > 0;
      for (const run of round.suspects) {
        if (!await confirms(command, numbers, run, options)) continue;
        isBroken = false;
        killedBy.set(run?.case.id ?? START, run?.name ?? START);
        if (run === undefined || killedBy.size >= finds) {
          return {
            killedBy: [...killedBy.values()],
            isUndecided: false,
            runs: count,
          };
        }
        break;
      }
      if (isBroken) await options.stage?.leave();
      left = left.filter((run) =>
        !round.done.has(run) && !killedBy.has(run.case.id)
      );
    }
  }
  return { killedBy: [...killedBy.values()], isUndecided: false, runs: count };
}

interface Round {
  /** The runs that are over, or suspected. */
  readonly done: ReadonlySet<CaseRun>;
  /** Those that failed, then those in progress at an exit; `undefined` if the subject did not start. */
  readonly suspects: readonly (CaseRun | undefined)[];
}

/** Runs cases at the same time until one fails, all are done, or the time is over. */
async function together(
  command: string,
  numbers: readonly number[],
  runs: readonly CaseRun[],
  options: HuntOptions & { readonly deadline: number },
): Promise<Round> {
  const passed = new Set<CaseRun>();
  const failed: CaseRun[] = [];
  const exits: CaseRun[] = [];
  let subject: Subject;
  try {
    subject = await (options.stage?.open(numbers) ??
      Subject.start(command, numbers));
  } catch (error) {
    if (error instanceof StartError) {
      return { done: passed, suspects: [undefined] };
    }
    throw error;
  }
  const over = new AbortController();
  let at = 0;
  const work = async () => {
    while (failed.length + exits.length === 0 && at < runs.length) {
      if (performance.now() > options.deadline) break;
      const run = runs[at++]!;
      const verdict = await judge(run, subject, options, over.signal);
      if (over.signal.aborted) return;
      if (!kills(verdict)) {
        passed.add(run);
      } else if (verdict === "exit") {
        exits.push(run);
      } else {
        failed.push(run);
        // The others need not come to an end.
        over.abort(new Error("Another run has failed"));
      }
    }
  };
  const works = Promise.all(Array.from({ length: options.jobs }, work));
  await works;
  const suspects = failed.length > 0
    ? failed.slice(0, 1)
    : exits.slice(0, MOST_SUSPECTS);
  const done = new Set([...passed, ...suspects]);
  if (options.stage === undefined) await subject[Symbol.asyncDispose]();
  else await options.stage.close();
  return { done, suspects };
}

/** Whether a case fails when it runs alone with a fresh subject; without a case, whether that does not start. */
export async function confirms(
  command: string,
  numbers: readonly number[],
  run: CaseRun | undefined,
  options: ConfirmOptions,
): Promise<boolean> {
  for (let left = options.confirmations ?? 1; left > 0; left--) {
    if (!await confirmsOnce(command, numbers, run, options)) return false;
  }
  return true;
}

async function confirmsOnce(
  command: string,
  numbers: readonly number[],
  run: CaseRun | undefined,
  options: JudgeOptions,
): Promise<boolean> {
  try {
    await using subject = await Subject.start(command, numbers);
    if (run === undefined) return false;
    const verdict = await judge(run, subject, { ...options, timeoutScale: 1 });
    return kills(verdict);
  } catch (error) {
    if (error instanceof StartError) return true;
    throw error;
  }
}
