/**
 * Runs cases, several at a time, with an implementation that may crash.
 *
 * @module
 */

import type { CaseRun } from "../cases/expand.ts";
import { AdapterError } from "../implementation.ts";
import { RunningImplementation } from "./_running_implementation.ts";
import { useIdleTime } from "./_idle_time.ts";
import { type Phase, phasesOf } from "./_phases.ts";
import type { Queue } from "./_queue.ts";
import type { Judgement } from "./codec_judge.ts";
import type { Execution, Outcome } from "./execution.ts";
import type { Supply } from "./pool.ts";
import { Suspects, type TimedRun } from "./_suspects.ts";
import { isBad } from "./verdicts.ts";

/** How long to wait for an implementation to exit after a case that may be the cause, in milliseconds. */
const EXIT_TIME = 250;

/** How many runs of a case may end the implementation before its other runs are left out. */
const CRASHES_OF_A_CASE = 3;

/** How many exits that no run explains, when it runs alone, are too many. */
const UNEXPLAINED_EXITS = 20;

/** What follows on the lines below. */
const LAST_WORDS = /; its standard error ends with$/;

/** How many runs in a row may end the implementation if none has passed yet. */
const CRASHES_OF_ALL = 5;

/**
 * Runs cases and returns their outcomes, in no order.
 *
 * If the implementation exits, the runs in progress are run again, each with a separate instance. So the run
 * that ends the implementation is found, and the others are judged.
 *
 * @throws {AdapterError} If the implementation cannot be used: it does not start again, every case ends it,
 * or its adapter violates the adapter protocol.
 */
export async function execute(
  supply: Supply,
  execution: Execution,
): Promise<Outcome[]> {
  const executor = new Executor(supply, execution);
  try {
    await executor.runAll();
  } catch (error) {
    // An interrupt may end the implementation too, even while it starts.
    if (!execution.signal?.aborted) throw error;
  } finally {
    await executor.close();
  }
  return executor.outcomes;
}

class Executor {
  outcomes: Outcome[] = [];
  readonly #supply: Supply;
  readonly #execution: Execution;
  readonly #crashes = new Map<string, number>();
  #implementation: RunningImplementation | undefined;
  #stopped = false;
  /** The number of runs that ended the implementation since one was judged. */
  #crashesInARow = 0;
  #unexplainedExits = 0;
  /** Where each run that was taken has to be given back to. */
  readonly #origins = new WeakMap<CaseRun, Queue>();

  constructor(supply: Supply, execution: Execution) {
    this.#supply = supply;
    this.#execution = execution;
    this.#implementation = execution.first;
  }

  async close(): Promise<void> {
    const implementation = this.#implementation;
    this.#implementation = undefined;
    await implementation?.[Symbol.asyncDispose]();
  }

  async runAll(): Promise<void> {
    for (const phase of phasesOf(this.#supply, this.#execution)) {
      await this.#runThrough(phase);
    }
    while (!this.#isOver) {
      const ending = [...await this.#supply("ending")];
      if (ending.length === 0) return;
      while (ending.length > 0 && !this.#isOver) {
        await this.#apart(ending, this.#execution.endingTimeout);
      }
    }
  }

  get #isOver(): boolean {
    return this.#stopped || this.#isInterrupted;
  }

  get #isInterrupted(): boolean {
    return this.#execution.signal?.aborted ?? false;
  }

  async #runThrough(phase: Phase): Promise<void> {
    const { queue, preferred = [], first } = phase;
    const queues = [queue, ...first ? [first.queue] : []];
    while (!this.#isOver && await haveMore(queues)) {
      const implementation = await this.#ready();
      const suspects = await this.#together(phase, implementation);
      if (!implementation.exited.aborted) continue;
      this.#execution.remark(String(implementation.exited.reason));
      // If no run was in progress, the next one is as likely as any.
      if (suspects.length === 0) {
        const from = [...queues, ...preferred]
          .find(({ isEmpty }) => !isEmpty);
        const next = from && this.#take(from);
        if (next !== undefined) suspects.push(next);
      }
      // One run is enough to explain the exit, so the others can run together again.
      let isExplained = false;
      while (suspects.length > 0 && !this.#isOver && !isExplained) {
        isExplained = await this.#apart(suspects);
      }
      for (const run of suspects.toReversed()) this.#giveBack(run);
      if (isExplained || this.#isOver) continue;
      this.#countUnexplained();
      this.#execution.exited(
        reasonOf(implementation).split("\n", 1)[0]!.replace(LAST_WORDS, ""),
      );
    }
  }

  #take(queue: Queue): CaseRun | undefined {
    const run = queue.take();
    if (run !== undefined) this.#origins.set(run, queue);
    return run;
  }

  #giveBack(run: CaseRun): void {
    this.#origins.get(run)!.giveBack(run);
  }

  /** @throws {AdapterError} If there have been too many. */
  #countUnexplained(): void {
    if (++this.#unexplainedExits < UNEXPLAINED_EXITS) return;
    throw new AdapterError(
      `Cannot use the implementation: it exited ${this.#unexplainedExits} times, and no case that was running ends it when it runs alone`,
      { fatal: true },
    );
  }

  /**
   * Runs the first runs of a list, one for each instance that may run, each with a separate instance, and
   * removes them from the list. Returns whether one of them ended its instance.
   */
  async #apart(runs: CaseRun[], bound?: number): Promise<boolean> {
    const { first, instances, open } = this.#execution;
    if (instances === 1) {
      return await this.#alone(runs.shift()!, await this.#ready(), bound);
    }
    const guilty = await Promise.all(
      runs.splice(0, instances).map(async (run) => {
        const implementation = await RunningImplementation.start(
          open,
          first.description,
        );
        try {
          return await this.#alone(run, implementation, bound);
        } finally {
          await implementation.retire();
        }
      }),
    );
    return guilty.includes(true);
  }

  /** Returns the running instance; starts another one if it has exited. */
  async #ready(): Promise<RunningImplementation> {
    const { first, open } = this.#execution;
    if (this.#implementation?.exited.aborted) {
      const gone = this.#implementation;
      this.#implementation = undefined;
      await gone.retire();
    }
    return this.#implementation ??= await RunningImplementation.start(
      open,
      first.description,
    );
  }

  /**
   * Runs cases until there are no more or the implementation exits. Returns the runs to repeat, the most
   * suspect first: those of a case that has ended it before, then the most recently started.
   */
  async #together(
    { queue, jobs, more = 0, preferred = [], first }: Phase,
    implementation: RunningImplementation,
  ): Promise<CaseRun[]> {
    const again: TimedRun[] = [];
    const suspects = new Suspects((outcome) => this.#done(outcome));
    const settle = (before: number) =>
      suspects.settle(before, implementation.respondedAt);
    const isOver = () => implementation.exited.aborted || this.#isOver;
    const runOne = async (run: CaseRun) => {
      const at = performance.now();
      const outcome = this.#leftOut(run) ??
        await this.#judge(run, implementation);
      // The interruption may have caused whatever is wrong with it.
      if (this.#isInterrupted && isBadOrNone(outcome)) return;
      if (outcome === undefined) again.push({ run, at });
      else if (!isBad(outcome.verdict)) this.#done(outcome);
      else {
        suspects.add(outcome);
        if (this.#execution.isEnough(outcome)) this.#stopped = true;
      }
      if (!implementation.exited.aborted) settle(performance.now());
    };
    const work = async (from: Queue, isEnough = () => false) => {
      while (!isOver() && !isEnough() && await from.hasMore()) {
        // It may have ended meanwhile, or another job was faster.
        const run = isOver() ? undefined : this.#take(from);
        if (run !== undefined) await runOne(run);
      }
    };
    let isFirst = first !== undefined;
    const firstDone = first === undefined
      ? Promise.resolve()
      : together(first.jobs, () => work(first.queue));
    const jobsDone = firstDone.then(async () => {
      isFirst = false;
      await together(jobs, async (index) => {
        const own = preferred[index];
        // Without others beside them, more can run at the same time, later.
        if (own !== undefined) await work(own, () => queue.isDry);
        await work(queue);
      });
    });
    await Promise.all([
      jobsDone,
      useIdleTime({
        most: () => isFirst ? Math.min(more, first!.beside) : more,
        start: () => {
          const run = isOver() ? undefined : this.#take(queue);
          return run === undefined ? undefined : runOne(run);
        },
        isOver: () => more === 0 || isOver() || queue.isDry,
        isBusy: () => implementation.isBusy,
      }),
    ]);
    if (!suspects.isEmpty && await implementation.isResponsive()) {
      settle(Infinity);
    }
    settle(implementation.exitedAt);
    again.push(...suspects.take());
    const crashes = ({ case: { id } }: CaseRun) => this.#crashes.get(id) ?? 0;
    return again.sort((a, b) => crashes(b.run) - crashes(a.run) || b.at - a.at)
      .map(({ run }) => run);
  }

  /**
   * Runs a case alone, so that it is the cause if the implementation exits. Returns whether it exited.
   *
   * @param bound How long it may take before the instance is abandoned, in milliseconds.
   */
  async #alone(
    run: CaseRun,
    implementation: RunningImplementation,
    bound = Infinity,
  ): Promise<boolean> {
    // With a bound it is cheap to run all of them, and which ones are left out would vary.
    const leftOut = bound === Infinity ? this.#leftOut(run) : undefined;
    if (leftOut !== undefined) {
      this.#done(leftOut);
      return false;
    }
    const began = performance.now();
    const timer = Number.isFinite(bound)
      ? setTimeout(
        () => implementation.abandon(`no verdict in ${bound} ms`),
        bound,
      )
      : undefined;
    const outcome = await this.#judge(run, implementation);
    clearTimeout(timer);
    if (this.#isInterrupted && isBadOrNone(outcome)) return false;
    const isGone = outcome === undefined ||
      isBad(outcome.verdict) && await implementation.exitsWithin(EXIT_TIME);
    if (!isGone) {
      this.#crashesInARow = 0;
      this.#done(outcome);
      return false;
    }
    const how = reasonOf(implementation);
    if (
      ++this.#crashesInARow >= CRASHES_OF_ALL && bound === Infinity &&
      !this.outcomes.some(hasPassed)
    ) {
      throw new AdapterError(
        `Cannot use the implementation: each of ${this.#crashesInARow} cases ended it, the last one as follows: ${how}`,
        { fatal: true },
      );
    }
    const { id } = run.case;
    this.#crashes.set(id, (this.#crashes.get(id) ?? 0) + 1);
    const at = performance.now() - began;
    const lines = how.split("\n");
    this.#done({
      run,
      verdict: "fail",
      reason: `the implementation exited: ${lines[0]!.replace(LAST_WORDS, "")}`,
      expected: ["that the implementation keeps running"],
      trace: [
        ...outcome?.trace ?? [],
        ...lines.map((text) => ({ at, by: "#" as const, text })),
      ],
      duration: at,
    });
    return true;
  }

  #leftOut(run: CaseRun): Outcome | undefined {
    const crashes = this.#crashes.get(run.case.id) ?? 0;
    if (crashes < CRASHES_OF_A_CASE) return undefined;
    return {
      run,
      verdict: "errored",
      reason:
        `left out, as ${crashes} other runs of this case ended the implementation`,
      trace: [],
      duration: 0,
    };
  }

  /** Returns `undefined` if the implementation exited, so that the run cannot be judged. */
  async #judge(
    run: CaseRun,
    implementation: RunningImplementation,
  ): Promise<Outcome | undefined> {
    const began = performance.now();
    let judgement: Judgement;
    try {
      judgement = await implementation.unlessExited(
        this.#execution.judge(run, implementation),
      );
    } catch (error) {
      if (implementation.exited.aborted) return undefined;
      judgement = {
        verdict: "errored",
        reason: error instanceof Error ? error.message : String(error),
        trace: stackOf(error).map((text) => ({ at: 0, by: "#", text })),
      };
    }
    if (implementation.exited.aborted && isBad(judgement.verdict)) {
      return undefined;
    }
    return { ...judgement, run, duration: performance.now() - began };
  }

  #done(outcome: Outcome): void {
    this.outcomes.push(outcome);
    this.#execution.done(outcome);
    if (this.#execution.isEnough(outcome)) this.#stopped = true;
  }
}

/** Returns how an implementation exited, and its last words on further lines. */
function reasonOf({ exited }: RunningImplementation): string {
  return String(exited.reason).replace(/^Cannot use the adapter: /, "");
}

/** Does work with each number below a count, at the same time. */
async function together(
  count: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, index) => work(index)));
}

/** Returns whether one of some queues has more runs. */
async function haveMore(queues: readonly Queue[]): Promise<boolean> {
  for (const queue of queues) if (await queue.hasMore()) return true;
  return false;
}

/** Returns whether a run failed, or could not be judged since the implementation exited. */
function isBadOrNone(outcome: Outcome | undefined): boolean {
  return outcome === undefined || isBad(outcome.verdict);
}

function hasPassed({ verdict }: Judgement): boolean {
  return verdict === "pass" || verdict === "weak";
}

function stackOf(error: unknown): string[] {
  return error instanceof Error
    ? (error.stack ?? error.message).split("\n")
    : [];
}
