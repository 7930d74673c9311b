/**
 * Hunts the recorded sample: each mutant with the runs that have killed it before.
 *
 * @module
 */

import type { CaseRun } from "../../runner/cases/expand.ts";
import { campaign, type Fate } from "./campaign.ts";
import { cover, type Coverage } from "./coverage.ts";
import { confirms, START } from "./hunt.ts";
import type { Switchable } from "./point.ts";
import { CONFIRMATIONS, type SubjectRecord } from "./record.ts";

/** How many subjects run for the control. */
const CONTROLS = 4;

/** How many mutants are tried for each core: most runs that fail wait for something. */
const JOBS_OF_A_CORE = 2;

/** How often recorded runs are tried: a machine that is busy may hide a mutant of what takes time. */
const TRIES = 3;

/** How the sample is hunted. */
export interface ReplayOptions {
  /**
   * Whether the result is to be recorded: runs that do not fail each time are dropped, and mutants that are
   * recorded as survivors are hunted again.
   */
  readonly updates: boolean;
  /** Called with each result. */
  readonly onFate?: ((fate: Fate) => void) | undefined;
  /** Ends the work early. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of the sample. */
export interface Replay {
  /** The mutants; `killedBy` has the runs that kill each, recorded ones that were not tried included. */
  readonly fates: readonly Fate[];
  /** The runs that are recorded, without a mutant. */
  readonly coverage: Coverage;
}

/**
 * Hunts mutants with the runs that are recorded: those of the mutant first, each alone with a fresh subject,
 * and if none of them fails, or none is recorded, those of the others.
 */
export async function replay(
  switchable: Switchable,
  numbers: readonly number[],
  record: Pick<SubjectRecord, "killers">,
  runs: readonly CaseRun[],
  options: ReplayOptions,
): Promise<Replay> {
  const { points } = switchable;
  const recordOf = (number: number) => record.killers[points[number]!.id];
  const wanted = new Set(numbers.flatMap((number) => recordOf(number) ?? []));
  const coverage = await cover(
    switchable,
    runs.filter(({ name }) => wanted.has(name)),
    { jobs: CONTROLS },
  );
  const fates = new Map<number, Fate>();
  const decide = (number: number, killedBy: readonly string[]) => {
    const status = killedBy.length > 0 ? "killed" : "survived";
    const reaching = coverage.reaching.get(number)?.length ?? 0;
    fates.set(number, { point: points[number]!, status, killedBy, reaching });
  };

  const waiting = [...numbers];
  const work = async () => {
    for (let number; (number = waiting.shift()) !== undefined;) {
      if (options.signal?.aborted) return;
      decide(
        number,
        await tryRecorded(
          switchable,
          number,
          recordOf(number),
          coverage,
          options,
        ),
      );
      const fate = fates.get(number)!;
      if (fate.status === "killed") options.onFate?.(fate);
    }
  };
  const jobs = JOBS_OF_A_CORE * navigator.hardwareConcurrency;
  await Promise.all(Array.from({ length: jobs }, work));

  const left = numbers.filter((number) =>
    fates.get(number)?.status !== "killed" &&
    (options.updates || recordOf(number)?.length !== 0)
  );
  const numberOf = new Map(left.map((number) => [points[number]!.id, number]));
  await campaign(switchable, coverage, left, {
    jobs: navigator.hardwareConcurrency,
    finds: 1,
    confirmations: options.updates ? CONFIRMATIONS : 1,
    known: [...fates.values()],
    onFate({ point, killedBy }) {
      const number = numberOf.get(point.id)!;
      decide(number, killedBy);
      options.onFate?.(fates.get(number)!);
    },
    signal: options.signal,
  });
  return { fates: [...fates.values()], coverage };
}

/** Returns the recorded runs that kill a mutant: one that has, and those behind it; none if none has. */
async function tryRecorded(
  { command }: Switchable,
  number: number,
  recorded: readonly string[] = [],
  { passing, roundTrip }: Coverage,
  { updates }: ReplayOptions,
): Promise<readonly string[]> {
  const confirmations = updates ? CONFIRMATIONS : 1;
  const times = updates ? 1 : TRIES;
  const tries = Array.from({ length: times }, () => [...recorded.entries()]);
  for (const [at, name] of tries.flat()) {
    const run = passing.find(({ run }) => run.name === name)?.run;
    if (run === undefined && name !== START) continue;
    const options = { roundTrip, timeoutScale: 1, confirmations };
    if (await confirms(command, [number], run, options)) {
      return recorded.slice(at);
    }
  }
  return [];
}
