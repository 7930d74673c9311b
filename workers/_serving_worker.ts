/**
 * A worker, seen from the thread that started it.
 *
 * @module
 */

import { type Clock, DEFAULT_LIMITS } from "../peer/mod.ts";
import { DEFAULT_QUIET } from "../peer/drain_options.ts";
import type { ServerStats } from "../server_stats.ts";
import {
  type Ending,
  type Envelope,
  type Listen,
  NAME_PREFIX,
  type News,
  opened,
  type Order,
} from "./_messages.ts";

/** How often a worker is asked within the time that it has to answer. */
const QUESTIONS = 3;

/** How long a worker has to report what it counts, in milliseconds. */
const REPORT = 1_000;

/** How long a worker has to end once its peers must have closed, in milliseconds. */
const END = 5_000;

/** Where a worker listens, and who hears of its end. */
export interface WorkerOptions {
  readonly url: URL;
  readonly number: number;
  readonly port: Listen["port"];
  readonly isShared: Listen["isShared"];
  /** How long it may say nothing, in milliseconds. */
  readonly unresponsiveTimeout: number;
  readonly clock: Clock;
  /** Called once, when it has ended: with an error unless its server has finished. */
  readonly ended: (error: Error | undefined) => void;
}

/** Starts a worker, and ends it. */
export class ServingWorker {
  readonly number: number;
  readonly #options: WorkerOptions;
  readonly #worker: Worker;
  readonly #listening = Promise.withResolvers<string>();
  readonly #finished = Promise.withResolvers<void>();
  readonly #reports: (() => void)[] = [];
  /** The timer of the next question. */
  #watch: unknown;
  #unanswered = 0;
  #isServing = false;
  #hasEnded = false;

  #closeTimeout: number = DEFAULT_LIMITS.closeTimeout;
  #stats: ServerStats | undefined;

  /**
   * @throws {Error} If the runtime starts no worker: it has none, or may not
   * read the module.
   */
  constructor(options: WorkerOptions) {
    this.#options = options;
    this.number = options.number;
    this.#listening.promise.catch(() => {});
    this.#worker = new Worker(options.url, {
      type: "module",
      name: `${NAME_PREFIX}${options.number}`,
    });
    this.#worker.addEventListener(
      "message",
      (event) => this.#received(opened<News>(event)),
    );
    this.#worker.addEventListener("error", (event) => {
      // It would end the process.
      event.preventDefault();
      this.#failed(event.message);
    });
    this.#worker.addEventListener(
      "messageerror",
      () => this.#failed("a message could not be read"),
    );
    this.#look();
  }

  /** Resolves with its address once it listens; rejects if it does not. */
  get listening(): Promise<string> {
    return this.#listening.promise;
  }

  /** What it counts, as it last reported; `undefined` if it has not listened. */
  get stats(): ServerStats | undefined {
    return this.#stats;
  }

  /** Asks what it counts; resolves once it has reported, or does not for a second. */
  async report(): Promise<void> {
    if (!this.#isServing || this.#hasEnded) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const { clock } = this.#options;
    const timer = clock.schedule(resolve, REPORT);
    this.#reports.push(resolve);
    this.#post({ kind: "report" });
    await promise;
    clock.cancel(timer);
  }

  /** Lets its server end, and waits until the worker has; terminates it if that takes too long. */
  async finish(order: Ending): Promise<void> {
    if (!this.#isServing) return this.#end();
    this.#post(order);
    const closeTimeout = this.#closeTimeout;
    let timeout = closeTimeout + END;
    if (order.kind === "drain") {
      const { timeout: wait = closeTimeout, quiet = DEFAULT_QUIET } =
        order.options;
      timeout += wait + quiet;
    }
    const { clock } = this.#options;
    const timer = timeout === Infinity ? undefined : clock.schedule(
      () => this.#failed(`it did not end within ${timeout} ms`),
      timeout,
    );
    await this.#finished.promise;
    clock.cancel(timer);
  }

  #received(news: News | undefined): void {
    if (news === undefined || this.#hasEnded) return;
    this.#unanswered = 0;
    if ("stats" in news) this.#stats = news.stats;
    switch (news.kind) {
      case "ready": {
        const { port, isShared } = this.#options;
        return this.#post({ kind: "listen", port, isShared });
      }
      case "listening":
        this.#isServing = true;
        this.#closeTimeout = news.closeTimeout;
        return this.#listening.resolve(news.address);
      case "refused":
        return this.#failed(news.reason);
      case "report":
        for (const resolve of this.#reports.splice(0)) resolve();
        return;
      case "ended":
        return this.#end();
    }
  }

  /** Asks from time to time: a worker that hangs, or has closed itself, says nothing. */
  #look(): void {
    const { clock, unresponsiveTimeout } = this.#options;
    if (unresponsiveTimeout === Infinity) return;
    // Counts questions, not time: a machine may sleep.
    this.#watch = clock.schedule(() => {
      if (this.#unanswered++ < QUESTIONS) {
        this.#post({ kind: "report" });
        return this.#look();
      }
      this.#failed(
        this.#isServing
          ? `it did not answer for ${unresponsiveTimeout} ms`
          : `it did not call serveInWorker within ${unresponsiveTimeout} ms`,
      );
    }, unresponsiveTimeout / QUESTIONS);
  }

  #post(order: Order): void {
    const envelope: Envelope<Order> = { gotalk: order };
    this.#worker.postMessage(envelope);
  }

  #failed(reason: string): void {
    const what = this.#isServing ? "continue in" : "start";
    this.#end(
      new Error(`Cannot ${what} ${NAME_PREFIX}${this.number}: ${reason}`),
    );
  }

  #end(error?: Error): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#options.clock.cancel(this.#watch);
    this.#worker.terminate();
    this.#listening.reject(
      error ??
        new Error(
          `Cannot start ${NAME_PREFIX}${this.number}: the server was closed`,
        ),
    );
    for (const resolve of this.#reports.splice(0)) resolve();
    this.#options.ended(error);
    this.#finished.resolve();
  }
}
