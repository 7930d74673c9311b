/**
 * The runs that are waiting for their turn, and what each can be beside.
 *
 * @module
 */

import type { CaseRun } from "../cases/expand.ts";
import { sentSize } from "../cases/sent.ts";

/** Runs that are waiting; those with virtual time apart, as all virtual time of an implementation is one. */
export class Queue {
  readonly #virtual: CaseRun[];
  readonly #others: CaseRun[];

  constructor(runs: readonly CaseRun[]) {
    this.#virtual = runs.filter(isVirtual).reverse();
    this.#others = runs.filter((run) => !isVirtual(run)).reverse();
  }

  get isEmpty(): boolean {
    return this.#virtual.length === 0 && this.#others.length === 0;
  }

  /** Puts runs in front. */
  giveBack(runs: readonly CaseRun[]): void {
    for (const run of runs.toReversed()) {
      (isVirtual(run) ? this.#virtual : this.#others).push(run);
    }
  }

  take(mayVirtual: boolean): CaseRun | undefined {
    return (mayVirtual ? this.#virtual.pop() : undefined) ??
      this.#others.pop();
  }
}

function isVirtual(run: CaseRun): boolean {
  return run.kind === "session" &&
    (run.case.options?.virtualTime === true ||
      run.case.steps.some((step) => "advance" in step));
}

/** Who sends more than that at once keeps others waiting, in bytes. */
const MUCH = 256 * 1024;

/** Options that make an implementation end something after a time. */
const TIMES = ["handshakeTimeout", "readTimeout", "streamIdleTimeout"] as const;

/** Runs, by what they can be beside. */
export interface Batches {
  /** Those that can run beside each other. */
  readonly common: readonly CaseRun[];
  /** Those of them that are known to fail, most of which wait for what never comes. */
  readonly waiting: readonly CaseRun[];
  /** Those that depend on short times of the implementation, and are only among their like. */
  readonly timed: readonly CaseRun[];
  /** Those that measure memory or take all that they can get, and are alone. */
  readonly heavy: readonly CaseRun[];
  /** Those that are known to take the implementation along, and are alone. */
  readonly ending: readonly CaseRun[];
}

/** Parts runs by what they can be beside. */
export function batches(
  runs: readonly CaseRun[],
  foreseen: (run: CaseRun) => "failure" | "end" | undefined,
): Batches {
  const parted: Record<keyof Batches, CaseRun[]> = {
    common: [],
    waiting: [],
    timed: [],
    heavy: [],
    ending: [],
  };
  for (const run of runs) {
    const kind = kindOf(run);
    const known = foreseen(run);
    const isWaiting = kind === "common" && known === "failure" &&
      !isVirtual(run);
    parted[known === "end" ? "ending" : isWaiting ? "waiting" : kind].push(run);
  }
  return parted;
}

function kindOf(run: CaseRun): "common" | "timed" | "heavy" {
  if (run.kind !== "session") return "common";
  const { steps, options = {} } = run.case;
  const isHeavy = steps.some((step) =>
    "memory" in step || "flood" in step || "storm" in step ||
    "hold" in step || sentSize(step) > MUCH
  );
  if (isHeavy) return "heavy";
  const isTimed = !isVirtual(run) &&
    TIMES.some((name) => Number(options[name]) > 0);
  return isTimed ? "timed" : "common";
}
