/**
 * The runs that are still to be executed, which threads take a few at a time.
 *
 * @module
 */

import { sizeOf } from "../cases/bytes.ts";
import type { Step, Transport } from "../cases/case.ts";
import type { CaseRun } from "../cases/expand.ts";
import { isSimple } from "../cases/order.ts";
import { waitOf } from "./_wait.ts";
import { type Batch, type Batches, batches } from "./_batches.ts";

export type { Batch };

/** Returns runs of a batch that nobody else gets; none if no more are left. */
export type Supply = (batch: Batch) => Promise<readonly CaseRun[]>;

/** About how much work a conversation is, in milliseconds. */
const CONVERSATION = {
  memory: 3,
  tcp: 5,
  websocket: 7,
} as const satisfies Readonly<Record<Transport, number>>;

/** About how much work a step of a conversation is, in milliseconds. */
const STEP = 0.1;

/** About how much work it is to send a message or to wait for one, in milliseconds. */
const ITEM = 0.03;

/** The work from which a run is long, in milliseconds. */
const LONG = 50;

/** The wait from which a run is long, in milliseconds. */
const LONG_WAIT = 300;

/** About how much work a run of a codec case is, in milliseconds. */
const CODEC = 0.15;

/** How many bytes of a codec case are about a millisecond of work. */
const BYTES_PER_MILLISECOND = 200_000;

/**
 * About how much work is taken at a time, in milliseconds. The less it is, the
 * more evenly threads end; asking for more takes some tens of milliseconds.
 */
const TAKEN = {
  common: 400,
  virtual: 20,
  waiting: 400,
  timed: 400,
  large: 20,
  busy: 20,
  heavy: 1,
  ending: 20,
} as const satisfies Readonly<Record<Batch, number>>;

/** Returns about how much work a run is, in milliseconds. */
export function workOf(run: CaseRun): number {
  if (run.kind !== "session") {
    return CODEC + sizeOf(run.case.wire ?? "") / BYTES_PER_MILLISECOND;
  }
  const { steps } = run.case;
  const items = steps.reduce((sum, step) => sum + itemsOf(step), 0);
  return CONVERSATION[run.over] + STEP * steps.length + ITEM * items;
}

/** Whether a run works or waits for long. */
export function isLong(run: CaseRun): boolean {
  if (workOf(run) > LONG) return true;
  if (run.kind !== "session") return false;
  const wait = run.case.steps.reduce((sum, step) => sum + waitOf(step), 0);
  return wait > LONG_WAIT;
}

function itemsOf(step: Step): number {
  if ("send" in step) return step.send.length;
  if ("expect" in step) return step.expect.length;
  return "all" in step ? step.all.length : 0;
}

/** Runs that are still to be executed. */
export class Pool {
  /** The runs of each batch by their cases, the next ones last. */
  readonly #groups: Readonly<Record<Batch, CaseRun[][]>>;

  /** Creates a pool of runs, which are taken in the order in which they are given, except that long ones come early. */
  constructor(
    runs: readonly CaseRun[],
    expected: (run: CaseRun) => "failure" | "end" | undefined,
  ) {
    this.#groups = groupsOf(batches(runs, expected));
  }

  /**
   * Takes the next runs of a batch; none if no more are left. All runs of a case
   * that are in a batch are taken together, so that runs that end the
   * implementation are counted in one place.
   */
  take(batch: Batch): readonly CaseRun[] {
    const taken: CaseRun[] = [];
    for (let work = 0; work < TAKEN[batch];) {
      const group = this.#groups[batch].pop();
      if (group === undefined) break;
      taken.push(...group);
      work += group.reduce((sum, run) => sum + workOf(run), 0);
    }
    return taken;
  }
}

function groupsOf(
  divided: Batches,
): Readonly<Record<Batch, CaseRun[][]>> {
  const ordered = (batch: Batch) =>
    longFirst([...Map.groupBy(divided[batch], (run) => run.case).values()])
      .reverse();
  return {
    common: ordered("common"),
    virtual: ordered("virtual"),
    waiting: ordered("waiting"),
    timed: ordered("timed"),
    large: ordered("large"),
    busy: ordered("busy"),
    heavy: ordered("heavy"),
    ending: ordered("ending"),
  };
}

/** Moves runs forward that work or wait for long, though not before the simplest ones: if they began last, everything would wait for them. */
function longFirst(groups: readonly CaseRun[][]): CaseRun[][] {
  const at = groups.findIndex(([run]) =>
    run!.kind === "session" && !isSimple(run!.name)
  );
  if (at === -1) return [...groups];
  const { long = [], short = [] } = Object.groupBy(
    groups.slice(at),
    ([run]) => isLong(run!) ? "long" : "short",
  );
  return [...groups.slice(0, at), ...long, ...short];
}
