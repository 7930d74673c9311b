/**
 * Divides runs among threads.
 *
 * @module
 */

import { sizeOf } from "../cases/bytes.ts";
import type { Transport } from "../cases/case.ts";
import type { CaseRun } from "../cases/expand.ts";
import { type Batches, batches } from "./_queue.ts";

/** About how much work a conversation is, in milliseconds. */
const CONVERSATION = {
  memory: 3,
  tcp: 5,
  websocket: 7,
} as const satisfies Readonly<Record<Transport, number>>;

/** About how much work a run of a codec case is, in milliseconds. */
const CODEC = 0.15;

/** How many bytes of a codec case are about a millisecond of work. */
const BYTES_PER_MILLISECOND = 20_000;

/** Returns about how much work a run is, in milliseconds. */
export function workOf(run: CaseRun): number {
  return run.kind === "session"
    ? CONVERSATION[run.over]
    : CODEC + sizeOf(run.case.wire ?? "") / BYTES_PER_MILLISECOND;
}

/**
 * Divides runs into shares with about the same work of each batch, in the order
 * in which the runs are given. All runs of a case that are in a batch are in one
 * share, so that runs that end the implementation are counted in one place.
 */
export function divide(
  runs: readonly CaseRun[],
  count: number,
  expected: (run: CaseRun) => "failure" | "end" | undefined,
): readonly (readonly CaseRun[])[] {
  if (count === 1) return [runs];
  const shareOf = new Map<CaseRun, number>();
  const work = new Array<number>(count).fill(0);
  const divided = batches(runs, expected);
  for (const kind of Object.keys(divided) as (keyof Batches)[]) {
    const byCase = Map.groupBy(divided[kind], (run) => run.case);
    for (const group of byCase.values()) {
      const least = work.indexOf(Math.min(...work));
      for (const run of group) {
        shareOf.set(run, least);
        work[least]! += workOf(run);
      }
    }
  }
  return work.map((_, share) =>
    runs.filter((run) => shareOf.get(run) === share)
  );
}
