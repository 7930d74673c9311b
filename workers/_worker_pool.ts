/**
 * Workers that are replaced when they fail.
 *
 * @module
 */

import { type Counters, NO_COUNTERS, sum } from "../peer/counters.ts";
import type { Clock } from "../peer/mod.ts";
import type { ServerStats } from "../server_stats.ts";
import type { Ending } from "./_messages.ts";
import { ReplacementDelay } from "./_replacement_delay.ts";
import { ServingWorker } from "./_serving_worker.ts";
import type { WorkersStats } from "./workers_server.ts";

/** Options of {@linkcode WorkerPool}. */
export interface WorkerPoolOptions {
  readonly url: URL;
  readonly port: number | undefined;
  readonly workers: number;
  readonly unresponsiveTimeout: number;
  readonly onFailure: (error: Error) => unknown;
  readonly clock: Clock;
}

/** Keeps a number of workers that listen on one port. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #workers = new Set<ServingWorker>();
  readonly #finished = Promise.withResolvers<void>();
  readonly #delay = new ReplacementDelay();
  /** The timers of those that wait to replace a worker. */
  readonly #delayed = new Set<unknown>();
  #port: number | undefined;
  #hasStarted = false;
  /** Why the start fails. */
  #failedStart: Error | undefined;
  #isEnding = false;
  #failures = 0;
  /** What the workers counted that have ended. */
  #past = NONE;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#port = options.port;
  }

  /** Resolves when all workers have ended. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /**
   * Starts the workers; the first one finds a free port if there is a choice.
   * Returns the address.
   *
   * @throws {Error} If one does not start.
   */
  async start(): Promise<string> {
    const address = await this.#add(1).listening;
    this.#port = portOf(address) ?? this.#port;
    const others = Array.from(
      { length: this.#options.workers - 1 },
      (_, index) => this.#add(index + 2).listening,
    );
    await Promise.all(others);
    // One that has listened may have failed meanwhile, or finished.
    if (this.#failedStart !== undefined) throw this.#failedStart;
    this.#hasStarted = true;
    this.#finishIfEmpty();
    return address;
  }

  async stats(): Promise<WorkersStats> {
    const asked = [...this.#workers];
    await Promise.all(asked.map((worker) => worker.report()));
    const workers = Array.from(this.#workers, ({ stats }) => stats)
      .filter((stats) => stats !== undefined);
    return {
      ...workers.reduce(together, this.#past),
      workers,
      failures: this.#failures,
    };
  }

  /** Ends all workers, and replaces none. */
  async finish(order: Ending): Promise<void> {
    this.#isEnding = true;
    for (const timer of this.#delayed) this.#options.clock.cancel(timer);
    this.#delayed.clear();
    this.#finishIfEmpty();
    await Promise.all(Array.from(this.#workers, (each) => each.finish(order)));
    await this.finished;
  }

  #add(number: number): ServingWorker {
    const { url, clock, unresponsiveTimeout, workers } = this.#options;
    const worker = new ServingWorker({
      url,
      clock,
      number,
      port: this.#port,
      isShared: workers > 1,
      unresponsiveTimeout,
      ended: (error) => this.#ended(worker, error),
    });
    this.#workers.add(worker);
    return worker;
  }

  #ended(worker: ServingWorker, error: Error | undefined): void {
    this.#workers.delete(worker);
    if (worker.stats !== undefined) {
      this.#past = together(this.#past, past(worker.stats));
    }
    if (error !== undefined && this.#hasStarted) {
      this.#failed(worker.number, error);
    } else {
      this.#failedStart ??= error;
    }
    this.#finishIfEmpty();
  }

  #failed(number: number, error: Error): void {
    this.#failures++;
    this.#report(error);
    if (this.#isEnding) return;
    const { clock } = this.#options;
    const timer = clock.schedule(() => {
      this.#delayed.delete(timer);
      try {
        this.#add(number);
      } catch (error) {
        // The module may no longer be read, for example.
        this.#failed(number, error as Error);
      }
    }, this.#delay.next(clock.now()));
    this.#delayed.add(timer);
  }

  #report(error: Error): void {
    const failed = (failure: unknown) => console.error(failure);
    try {
      // A promise, or anything else.
      Promise.resolve(this.#options.onFailure(error)).catch(failed);
    } catch (failure) {
      failed(failure);
    }
  }

  #finishIfEmpty(): void {
    const isEmpty = this.#workers.size === 0 && this.#delayed.size === 0;
    if (isEmpty && (this.#isEnding || this.#hasStarted)) {
      this.#finished.resolve();
    }
  }
}

/** What a worker counts that has no connection. */
const NONE: ServerStats = {
  ...NO_COUNTERS,
  pending: 0,
  running: 0,
  abandoned: 0,
  open: 0,
  accepted: 0,
  refused: 0,
};

/** What is left of the totals of a worker that has ended. */
function past({ accepted, refused, ...rest }: ServerStats): ServerStats {
  const counters: Counters = sum(NO_COUNTERS, rest);
  return { ...NONE, ...counters, accepted, refused };
}

/** Adds up the totals of two workers. */
function together(one: ServerStats, other: ServerStats): ServerStats {
  return {
    ...sum(one, other),
    pending: one.pending + other.pending,
    running: one.running + other.running,
    abandoned: one.abandoned + other.abandoned,
    open: one.open + other.open,
    accepted: one.accepted + other.accepted,
    refused: one.refused + other.refused,
  };
}

/** Returns the port of an address; `undefined` if it has none, or the one of its scheme. */
export function portOf(address: string): number | undefined {
  const [, port] = /^\w+:\/\/[^/]*:(\d+)(?:\/|$)/.exec(address) ?? [];
  return port === undefined ? undefined : Number(port);
}
