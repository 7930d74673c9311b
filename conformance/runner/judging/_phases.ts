/**
 * The order of the batches, and what runs together.
 *
 * @module
 */

import type { Batch } from "./_batches.ts";
import { Queue } from "./_queue.ts";
import type { Execution } from "./execution.ts";
import type { Supply } from "./pool.ts";

/** The factor for jobs where all runs are expected to fail: most of them wait for what never arrives. */
const WAITING_FACTOR = 16;

/** The factor for jobs where all runs wait for short time limits of the implementation. */
const TIMED_FACTOR = 2;

/** How many common runs are started beside those that wait for short time limits, at most. */
const BESIDE_JOBS = 16;

/** More common runs are asked for once fewer than these are left: a busy thread may answer late. */
const COMMON_HERE = 64;

/** How many large runs run at the same time beside common ones, at most, and how many after them. */
const LARGE_JOBS = { beside: 2, apart: 4 };

/** How many runs that keep the implementation busy run at the same time, at most: each waits for it now and then. */
const BUSY_JOBS = { beside: 3, apart: 3 };

/** Runs that run together, until all are done. */
export interface Phase {
  readonly queue: Queue;
  /** How many of its runs run at the same time. */
  readonly jobs: number;
  /** How many more of them are started while the others only wait. */
  readonly more?: number;
  /** By the number of a job, other runs that it takes before those of the queue, as long as there are some of those. */
  readonly preferred?: readonly Queue[];
  /** Runs that come first, `jobs` at the same time; up to `beside` others fill their idle time. */
  readonly first?: {
    readonly queue: Queue;
    readonly jobs: number;
    readonly beside: number;
  };
}

/** Returns the phases of an execution, in their order. */
export function phasesOf(
  supply: Supply,
  { jobs, mostJobs = jobs, isTimedFirst = false }: Execution,
): readonly Phase[] {
  const queueOf = (batch: Batch, few = 1) =>
    new Queue(() => supply(batch), few);
  const virtual = queueOf("virtual");
  const large = queueOf("large");
  const busy = queueOf("busy");
  const few = (queue: Queue, most: number) => ({
    queue,
    jobs: Math.min(jobs, most),
  });
  const timed = { queue: queueOf("timed"), jobs: TIMED_FACTOR * jobs };
  const common = {
    queue: queueOf("common", COMMON_HERE),
    jobs,
    more: mostJobs - jobs,
    preferred: [
      virtual,
      ...Array<Queue>(LARGE_JOBS.beside).fill(large),
      ...Array<Queue>(BUSY_JOBS.beside).fill(busy),
    ].slice(0, jobs),
  };
  return [
    isTimedFirst
      ? { ...common, first: { ...timed, beside: BESIDE_JOBS } }
      : common,
    { queue: queueOf("waiting", jobs), jobs: WAITING_FACTOR * jobs },
    timed,
    // What is left of these.
    few(virtual, 1),
    few(large, LARGE_JOBS.apart),
    few(busy, BUSY_JOBS.apart),
    few(queueOf("heavy"), 1),
  ];
}
