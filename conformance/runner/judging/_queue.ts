/**
 * The queue of the runs of a batch.
 *
 * @module
 */

import type { CaseRun } from "../cases/expand.ts";

/** Runs that are taken one by one, and supplied a few at a time. */
export class Queue {
  readonly #supply: () => Promise<readonly CaseRun[]>;
  readonly #few: number;
  /** The runs that are here, the next one last. */
  readonly #runs: CaseRun[] = [];
  #supplying: Promise<void> | undefined;
  #isDry = false;

  /**
   * Creates a queue.
   *
   * @param supply Returns more runs, or none if no more are left.
   * @param few More runs are asked for once fewer than these are here.
   */
  constructor(supply: () => Promise<readonly CaseRun[]>, few: number) {
    this.#supply = supply;
    this.#few = few;
  }

  /** Whether no runs are left, neither here nor elsewhere. */
  get isDry(): boolean {
    return this.#isDry && this.#runs.length === 0;
  }

  /** Whether no runs are here. */
  get isEmpty(): boolean {
    return this.#runs.length === 0;
  }

  /** Puts a run in front of the others. */
  giveBack(run: CaseRun): void {
    this.#runs.push(run);
  }

  /** Takes a run that is here. */
  take(): CaseRun | undefined {
    const run = this.#runs.pop();
    if (this.#runs.length < this.#few && !this.#isDry) {
      // A failure is reported to whoever waits for more.
      this.#supplied().catch(() => {});
    }
    return run;
  }

  /**
   * Waits until a run is here; returns `false` if no more are left.
   *
   * @throws What the supply fails with.
   */
  async hasMore(): Promise<boolean> {
    while (this.#runs.length === 0 && !this.#isDry) await this.#supplied();
    return this.#runs.length > 0;
  }

  #supplied(): Promise<void> {
    return this.#supplying ??= this.#supply().then((runs) => {
      if (runs.length === 0) this.#isDry = true;
      this.#runs.unshift(...runs.toReversed());
    }).finally(() => this.#supplying = undefined);
  }
}
