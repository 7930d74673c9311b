/**
 * Shards: threads that each execute a share of the runs, with instances of the
 * implementation that no other thread uses.
 *
 * @module
 */

import type { Description } from "../implementation.ts";
import type { CaseRun } from "../cases/expand.ts";
import { type ExecutionEvents, executionOf, planOf } from "./_execution_of.ts";
import { batches } from "./_batches.ts";
import { Pool, type Supply } from "./pool.ts";
import {
  type OpenImplementation,
  RunningImplementation,
} from "./_running_implementation.ts";
import { execute } from "./execute.ts";
import type { Execution, Outcome } from "./execution.ts";
import type { RunOptions } from "./run_options.ts";

/** Executes runs in another thread. */
export interface Shard {
  /**
   * Executes runs until no more are left or the signal is aborted.
   *
   * @param description The description that the instances must give of themselves.
   * @throws {AdapterError} If the implementation cannot be used.
   */
  execute(
    supply: Supply,
    events: ExecutionEvents,
    description: Description,
  ): Promise<void>;
}

/**
 * Executes runs in this thread and in shards, and returns their outcomes, in no
 * order. After an error or an outcome that is enough, all of them end.
 *
 * @throws {AdapterError} If the implementation cannot be used.
 */
export async function executeInShards(
  runs: readonly CaseRun[],
  execution: Execution,
  shards: readonly Shard[],
): Promise<Outcome[]> {
  const expected = (run: CaseRun) => execution.expected(run);
  const { busy, heavy } = batches(runs, expected);
  const alone = shards.length > 0 && execution.first.pid !== undefined
    ? [...busy, ...heavy]
    : [];
  const left = new Set(alone);
  const supply = supplyOf(runs.filter((run) => !left.has(run)), expected);
  const over = new AbortController();
  const signals = execution.signal === undefined
    ? [over.signal]
    : [over.signal, execution.signal];
  const signal = AbortSignal.any(signals);
  const outcomes: Outcome[] = [];
  const done = (outcome: Outcome) => {
    outcomes.push(outcome);
    execution.done(outcome);
    if (execution.isEnough(outcome)) over.abort();
  };
  const { first: { description }, exited, remark } = execution;
  const executed = [
    execute(supply, { ...execution, done, signal }),
    ...shards.map((shard) =>
      shard.execute(supply, { done, exited, remark, signal }, description)
    ),
  ];
  for (const each of executed) each.catch(() => over.abort());
  const settled = await Promise.allSettled(executed);
  const failed = settled.find(({ status }) => status === "rejected");
  if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
  if (alone.length === 0 || signal.aborted) return outcomes;
  // They measure or load an implementation, which has no core of its own while
  // other threads run cases too.
  const first = await RunningImplementation.start(
    execution.open,
    description,
  );
  const supplyAlone = supplyOf(alone, expected);
  await execute(supplyAlone, { ...execution, first, done, signal });
  return outcomes;
}

function supplyOf(
  runs: readonly CaseRun[],
  expected: Execution["expected"],
): Supply {
  const pool = new Pool(runs, expected);
  return (batch) => Promise.resolve(pool.take(batch));
}

/**
 * Executes runs with instances of an implementation: the work of a shard.
 *
 * @throws {AdapterError} If the implementation cannot be used.
 */
export async function executeShare(
  open: OpenImplementation,
  options: RunOptions,
  supply: Supply,
  events: ExecutionEvents,
  description: Description,
): Promise<void> {
  const first = await RunningImplementation.start(open, description);
  const execution = executionOf(planOf(options), open, first, events);
  await execute(supply, { ...execution, isTimedFirst: true });
}
