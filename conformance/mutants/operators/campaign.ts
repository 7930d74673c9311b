/**
 * Hunts mutants: the control first, then each mutant with the runs that reach it.
 *
 * @module
 */

import type { CaseRun } from "../../runner/cases/expand.ts";
import type { Coverage } from "./coverage.ts";
import { type Find, hunt } from "./hunt.ts";
import { Stage } from "./switched_subject.ts";
import type { Point, Switchable } from "./point.ts";

/** What became of a mutant. */
export interface Fate {
  /** The mutant. */
  readonly point: Point;
  /** Whether a case finds it; `"unreached"` if no run gets to it, `"undecided"` if the time was over. */
  readonly status: "killed" | "survived" | "unreached" | "undecided";
  /** The runs that find it, of as many cases as were looked for. */
  readonly killedBy: readonly string[];
  /** The number of runs that reach it. */
  readonly reaching: number;
}

/** How mutants are hunted. */
export interface CampaignOptions {
  /** How many mutants are hunted at the same time. */
  readonly jobs: number;
  /** After how many cases that find a mutant to stop. */
  readonly finds: number;
  /** How often a run must fail again to count; once by default. */
  readonly confirmations?: number | undefined;
  /** What has become of others, which says what to try first. */
  readonly known?: readonly Fate[] | undefined;
  /** Called with each result. */
  readonly onFate?: ((fate: Fate) => void) | undefined;
  /** Ends the work early. */
  readonly signal?: AbortSignal | undefined;
}

/** How many runs run at the same time with one mutant; those that fail mostly wait. */
const RUNS_AT_A_TIME = 16;

/** The factor for the time limits of cases; a find is confirmed with all of the time. */
const TIMEOUT_SCALE = 1 / 2;

/** How long the hunt of one mutant may take, in milliseconds. */
const HUNT_TIMEOUT = 180_000;

/** One run of each case, roughly: for mutants of what is made once, which any run may depend on. */
const IN_SHORT =
  /\/(?:encode|chunk:whole|over:tcp)$|^websocket\/|^extensions\/bytes\//;

/** Hunts mutants, given by their numbers. */
export async function campaign(
  { points, command }: Switchable,
  coverage: Coverage,
  numbers: readonly number[],
  options: CampaignOptions,
): Promise<Fate[]> {
  const { jobs, finds, confirmations, signal } = options;
  const order = new Order(coverage);
  for (const { point, killedBy } of options.known ?? []) {
    order.learn(point, killedBy);
  }
  const waiting = numbers.toReversed();
  const fates: Fate[] = [];
  const work = async () => {
    await using stage = new Stage(command);
    for (let number; (number = waiting.pop()) !== undefined;) {
      if (signal?.aborted) return;
      const point = points[number]!;
      const runs = order.runsFor(number, point);
      const found = runs.length === 0 ? undefined : await hunt(
        command,
        [number],
        runs,
        {
          stage: coverage.atStart.has(number) ? undefined : stage,
          roundTrip: coverage.roundTrip,
          timeoutScale: TIMEOUT_SCALE,
          jobs: RUNS_AT_A_TIME,
          timeout: HUNT_TIMEOUT,
          finds,
          confirmations,
        },
      );
      const fate: Fate = {
        point,
        status: statusOf(found),
        killedBy: found?.killedBy ?? [],
        reaching: runs.length,
      };
      order.learn(point, fate.killedBy);
      fates.push(fate);
      options.onFate?.(fate);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return fates;
}

function statusOf(found: Find | undefined): Fate["status"] {
  if (found === undefined) return "unreached";
  if (found.killedBy.length > 0) return "killed";
  return found.isUndecided ? "undecided" : "survived";
}

/** Orders the runs that reach a mutant: what has killed its neighbours first, then the quick ones. */
class Order {
  readonly #coverage: Coverage;
  readonly #kills = new Map<string, Map<string, number>>();

  constructor(coverage: Coverage) {
    this.#coverage = coverage;
  }

  runsFor(number: number, point: Point): CaseRun[] {
    const { passing, reaching, atStart } = this.#coverage;
    const reached = new Set(reaching.get(number));
    const indexes = atStart.has(number)
      ? [...passing.keys()].filter((index) =>
        reached.has(index) || IN_SHORT.test(passing[index]!.run.name)
      )
      : [...reached];
    const places = placesOf(point).map((place) => this.#kills.get(place));
    const weight = (index: number) => {
      const { run, duration } = passing[index]!;
      const kills = places.map((place) => place?.get(run.name) ?? 0);
      return [reached.has(index) ? 1 : 0, ...kills, -duration];
    };
    return indexes.map((index) => ({ index, weight: weight(index) }))
      .sort((a, b) => descending(a.weight, b.weight))
      .map(({ index }) => passing[index]!.run);
  }

  learn(point: Point, killedBy: readonly string[]): void {
    for (const place of placesOf(point)) {
      const kills = this.#kills.getOrInsertComputed(place, () => new Map());
      for (const run of killedBy) kills.set(run, (kills.get(run) ?? 0) + 1);
    }
  }
}

/** The declaration of a mutant, and its file. */
function placesOf({ id, file }: Point): string[] {
  return [id.split(":").slice(0, 2).join(":"), file];
}

function descending(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : b[at]! - a[at]!;
}
