/**
 * Runs cases, several at a time, with an implementation that may break down.
 *
 * @module
 */

import type { CaseRun } from "../cases/expand.ts";
import { AdapterError } from "../implementation.ts";
import {
  type OpenImplementation,
  RunningImplementation,
} from "./_running_implementation.ts";
import { batches, Queue } from "./_queue.ts";
import type { Judgement } from "./codec_judge.ts";

/** What became of a run. */
export interface Outcome extends Judgement {
  readonly run: CaseRun;
  /** How long it took, in milliseconds. */
  readonly duration: number;
}

/** How runs are carried out. */
export interface Execution {
  /** Where the implementation comes from. */
  readonly open: OpenImplementation;
  /** The implementation that was started to begin with; it belongs to the execution. */
  readonly first: RunningImplementation;
  /** How many cases run at the same time. */
  readonly jobs: number;
  /** How many implementations may be there at the same time. */
  readonly instances: number;
  /** What is known of a run: that it fails, so that it mostly waits, or that it takes the implementation along. */
  foreseen(run: CaseRun): "failure" | "end" | undefined;
  /** How long a run may take that is known to take the implementation along, in milliseconds. */
  readonly patience: number;
  /** Judges a run. Rejects when the implementation goes meanwhile. */
  judge(
    run: CaseRun,
    implementation: RunningImplementation,
  ): Promise<Judgement>;
  /** Hears of each outcome. */
  done(outcome: Outcome): void;
  /** Whether nothing more need be run after an outcome. */
  isEnough(outcome: Outcome): boolean;
  /** Hears about the execution itself. */
  remark(text: string): void;
  readonly signal?: AbortSignal | undefined;
}

/** A case that failed so shortly before the implementation went may be why it went, in milliseconds. */
const SUSPICIOUS = 1_000;

/** How long an implementation is given to go after a case that may be why, in milliseconds. */
const LAST_BREATH = 250;

/** So many times as many run at the same time where all are known to fail: most wait for what never comes. */
const WAITING = 4;

/** How many runs of a case may end the implementation before the others are left out. */
const CRASHES_OF_A_CASE = 3;

/** How many runs may end the implementation, one after the other, when none has ever passed. */
const CRASHES_OF_ALL = 5;

/**
 * Runs cases and gives what became of each, in no order.
 *
 * When the implementation goes, what was under way is run again, each with an implementation of its own. So
 * the one that ends it is found, and the others are judged.
 *
 * @throws {AdapterError} When the implementation cannot be used: it does not start again, no case lets
 * it live, or it says what no adapter may say.
 */
export async function execute(
  runs: readonly CaseRun[],
  execution: Execution,
): Promise<Outcome[]> {
  const executor = new Executor(execution);
  try {
    await executor.runAll(runs);
  } finally {
    await executor.close();
  }
  return executor.outcomes;
}

class Executor {
  outcomes: Outcome[] = [];
  readonly #execution: Execution;
  readonly #crashes = new Map<string, number>();
  #implementation: RunningImplementation | undefined;
  #stopped = false;
  /** Runs that ended the implementation since one was judged. */
  #row = 0;

  constructor(execution: Execution) {
    this.#execution = execution;
    this.#implementation = execution.first;
  }

  async close(): Promise<void> {
    const implementation = this.#implementation;
    this.#implementation = undefined;
    await implementation?.[Symbol.asyncDispose]();
  }

  async runAll(runs: readonly CaseRun[]): Promise<void> {
    const { jobs, patience } = this.#execution;
    const { common, waiting, timed, heavy, ending } = batches(
      runs,
      (run) => this.#execution.foreseen(run),
    );
    await this.#runThrough(common, jobs);
    await this.#runThrough(waiting, WAITING * jobs);
    await this.#runThrough(timed, jobs);
    await this.#runThrough(heavy, 1);
    for (const rest = [...ending]; rest.length > 0 && !this.#isOver;) {
      await this.#apart(rest, patience);
    }
  }

  get #isOver(): boolean {
    return this.#stopped || (this.#execution.signal?.aborted ?? false);
  }

  async #runThrough(
    runs: readonly CaseRun[],
    jobs: number,
  ): Promise<void> {
    const queue = new Queue(runs);
    while (!queue.isEmpty && !this.#isOver) {
      const implementation = await this.#ready();
      const suspects = await this.#together(queue, implementation, jobs);
      if (!implementation.exited.aborted) continue;
      this.#execution.remark(String(implementation.exited.reason));
      // When nothing was under way, the next one is as good as any.
      if (suspects.length === 0 && !queue.isEmpty) {
        suspects.push(queue.take(true)!);
      }
      // One is enough to explain the end, so the others can run together again.
      while (
        suspects.length > 0 && !this.#isOver && !await this.#apart(suspects)
      );
      queue.giveBack(suspects);
    }
  }

  /**
   * Runs the first of some cases, as many as there may be implementations, each with one of its own, and takes
   * them off the list. Tells whether one of them has ended its implementation.
   */
  async #apart(runs: CaseRun[], bound?: number): Promise<boolean> {
    const { instances, open } = this.#execution;
    if (instances === 1) {
      return await this.#alone(runs.shift()!, await this.#ready(), bound);
    }
    const guilty = await Promise.all(
      runs.splice(0, instances).map(async (run) => {
        const implementation = await RunningImplementation.start(open);
        try {
          return await this.#alone(run, implementation, bound);
        } finally {
          await dismiss(implementation);
        }
      }),
    );
    return guilty.includes(true);
  }

  /** The implementation, started again if it is gone. */
  async #ready(): Promise<RunningImplementation> {
    const { open } = this.#execution;
    if (this.#implementation?.exited.aborted) {
      const gone = this.#implementation;
      this.#implementation = undefined;
      await dismiss(gone);
    }
    return this.#implementation ??= await RunningImplementation.start(open);
  }

  /**
   * Runs cases until there are no more or the implementation goes. Returns those that have to be run again,
   * those most likely to be why first: of a case that has ended it before, then the most recently begun.
   */
  async #together(
    queue: Queue,
    implementation: RunningImplementation,
    jobs: number,
  ): Promise<CaseRun[]> {
    const again: { run: CaseRun; at: number }[] = [];
    let failed: { outcome: Outcome; at: number }[] = [];
    /**
     * Tells of those that failed long enough before the implementation went, if it did, and before it gave
     * some sign of life: one that answers nothing for a while makes others fail.
     */
    const settle = (now: number) => {
      const isOld = ({ at }: { at: number }) =>
        now - at > SUSPICIOUS && at < implementation.respondedAt;
      for (const { outcome } of failed.filter(isOld)) this.#done(outcome);
      failed = failed.filter((each) => !isOld(each));
    };
    const work = async (mayVirtual: boolean) => {
      while (!implementation.exited.aborted && !this.#isOver) {
        const run = queue.take(mayVirtual);
        if (run === undefined) return;
        const at = performance.now();
        const outcome = this.#leftOut(run) ??
          await this.#judge(run, implementation);
        if (outcome === undefined) again.push({ run, at });
        else if (isGood(outcome)) this.#done(outcome);
        else {
          failed.push({ outcome, at: performance.now() });
          if (this.#execution.isEnough(outcome)) this.#stopped = true;
        }
        if (!implementation.exited.aborted) settle(performance.now());
      }
    };
    await Promise.all(
      Array.from({ length: jobs }, (_, index) => work(index === 0)),
    );
    if (failed.length > 0 && await implementation.isResponsive()) {
      settle(Infinity);
    }
    settle(implementation.exitedAt);
    for (const { outcome: { run }, at } of failed) again.push({ run, at });
    const crashes = ({ case: { id } }: CaseRun) => this.#crashes.get(id) ?? 0;
    return again.sort((a, b) => crashes(b.run) - crashes(a.run) || b.at - a.at)
      .map(({ run }) => run);
  }

  /**
   * Runs a case with nothing beside it, so that it is to blame when the implementation goes; tells whether it
   * is.
   *
   * @param bound How long it may take before the implementation is given up, in milliseconds.
   */
  async #alone(
    run: CaseRun,
    implementation: RunningImplementation,
    bound = Infinity,
  ): Promise<boolean> {
    // With a bound it is cheap to run them all; which ones were left out would be a matter of chance.
    const leftOut = bound === Infinity ? this.#leftOut(run) : undefined;
    if (leftOut !== undefined) {
      this.#done(leftOut);
      return false;
    }
    const began = performance.now();
    const givingUp = Number.isFinite(bound)
      ? setTimeout(
        () => implementation.abandon(`nothing came of it in ${bound} ms`),
        bound,
      )
      : undefined;
    const outcome = await this.#judge(run, implementation);
    clearTimeout(givingUp);
    const isGone = outcome === undefined ||
      !isGood(outcome) && await implementation.exitsWithin(LAST_BREATH);
    if (!isGone) {
      this.#row = 0;
      this.#done(outcome);
      return false;
    }
    const how = String(implementation.exited.reason);
    if (++this.#row >= CRASHES_OF_ALL && !this.outcomes.some(isGood)) {
      throw new AdapterError(
        `Cannot use the implementation: each of ${this.#row} cases has ended it. ${how}`,
        { fatal: true },
      );
    }
    const { id } = run.case;
    this.#crashes.set(id, (this.#crashes.get(id) ?? 0) + 1);
    const at = performance.now() - began;
    const lines = how.replace(/^Cannot ask the adapter: /, "").split("\n");
    this.#done({
      run,
      verdict: "fail",
      reason: `the implementation has gone: ${
        lines[0]!.replace(/; its standard error ends with$/, "")
      }`,
      expected: ["that the implementation lives on"],
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
        `left out, as ${crashes} other runs of this case have ended the implementation`,
      trace: [],
      duration: 0,
    };
  }

  /** `undefined` when the implementation is gone and nothing can be said. */
  async #judge(
    run: CaseRun,
    implementation: RunningImplementation,
  ): Promise<Outcome | undefined> {
    const began = performance.now();
    let judgement: Judgement;
    try {
      judgement = await unlessExited(
        this.#execution.judge(run, implementation),
        implementation,
      );
    } catch (error) {
      if (implementation.exited.aborted) return undefined;
      judgement = {
        verdict: "errored",
        reason: error instanceof Error ? error.message : String(error),
        trace: stackOf(error).map((text) => ({ at: 0, by: "#", text })),
      };
    }
    if (implementation.exited.aborted && !isGood(judgement)) return undefined;
    return { ...judgement, run, duration: performance.now() - began };
  }

  #done(outcome: Outcome): void {
    this.outcomes.push(outcome);
    this.#execution.done(outcome);
    if (this.#execution.isEnough(outcome)) this.#stopped = true;
  }
}

/** Ends an implementation that is not needed any more. */
async function dismiss(implementation: RunningImplementation): Promise<void> {
  if (implementation.exited.aborted) await implementation.stop();
  else await implementation[Symbol.asyncDispose]();
}

function isGood({ verdict }: Judgement): boolean {
  return verdict !== "fail" && verdict !== "errored";
}

/** What something comes to; rejects at once when the implementation goes. */
async function unlessExited<T>(
  promise: Promise<T>,
  implementation: RunningImplementation,
): Promise<T> {
  const { promise: gone, reject } = Promise.withResolvers<never>();
  const tell = () => reject(implementation.exited.reason);
  implementation.exited.addEventListener("abort", tell);
  try {
    return await Promise.race([promise, gone]);
  } finally {
    implementation.exited.removeEventListener("abort", tell);
  }
}

function stackOf(error: unknown): string[] {
  return error instanceof Error
    ? (error.stack ?? error.message).split("\n")
    : [];
}
