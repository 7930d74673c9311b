/**
 * Workers that share one port.
 *
 * @module
 */

import { type Clock, type DrainOptions, systemClock } from "../peer/mod.ts";
import { onAbort } from "../peer/abort.ts";
import { checkFunctions } from "../peer/checked_function.ts";
import { checkDrainOptions } from "../peer/drain_options.ts";
import { checkOptionNames, type OptionNames } from "../quoting/option_names.ts";
import { describeValue } from "../quoting/value.ts";
import { checkNumbers } from "../transport/number_option.ts";
import { checkWaitOptions } from "../transport/wait_options.ts";
import { WorkerPool } from "./_worker_pool.ts";
import type { WorkersServer, WorkersStats } from "./workers_server.ts";

/** Options of {@linkcode serveWorkers}. */
export interface ServeWorkersOptions {
  /** The port, instead of the one that the module names. */
  readonly port?: number | undefined;
  /**
   * Number of workers. By default one for each core on Linux, and one elsewhere:
   * only Linux distributes connections among those that listen on a port.
   */
  readonly workers?: number | undefined;
  /**
   * Called for each worker that fails after the start: it threw an error that
   * nothing caught, or hangs. Its connections are lost, and another one takes its
   * place: at once, then after a delay that doubles up to ten seconds. Printed
   * with `console.error` by default.
   */
  readonly onFailure?: ((error: Error) => unknown) | undefined;
  /**
   * How long a worker may not answer, in milliseconds, until it is ended and
   * replaced; 30 s by default, `Infinity` for ever. The runtime cannot end one
   * that computes without a pause: its share of new connections waits in vain
   * until it pauses. End the process in `onFailure` if that may happen.
   */
  readonly unresponsiveTimeout?: number | undefined;
  /** Closes the workers, as {@linkcode WorkersServer.close} does, when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** The source of time; the system clock by default. Tests pass a virtual one. */
  readonly clock?: Clock | undefined;
}

const OPTIONS: OptionNames<ServeWorkersOptions> = {
  clock: 1,
  onFailure: 1,
  port: 1,
  signal: 1,
  unresponsiveTimeout: 1,
  workers: 1,
};

const DEFAULT_UNRESPONSIVE = 30_000;

/** The largest port, and number of workers. */
const LARGEST = 65_535;

/**
 * Serves in several workers on one port, among which the system distributes
 * connections.
 *
 * Each worker loads the module, which calls `serveInWorker`. They share nothing
 * but the port; rooms with the back-plane of `BroadcastChannel` span them.
 * Resolves when all workers listen. Requires the permissions to use the network
 * and to read the module, and for several workers Linux and the flag
 * `--unstable-net` (or `"unstable": ["net"]` in `deno.json`), without which the
 * runtime exits.
 *
 * @param module The address of the module: `new URL("./worker.ts", import.meta.url)`
 * @throws {Error} If a worker cannot start; the others are ended. If the signal
 * has aborted before they listen, rejects with its reason.
 * @throws {RangeError} If a number is out of its range, or several workers are
 * wanted where connections are not distributed.
 * @throws {TypeError} If an option is unknown or of the wrong kind, or the
 * runtime has no workers.
 *
 * @example
 * ```ts ignore
 * import { serveWorkers } from "@gotalk/gotalk/workers";
 *
 * const module = new URL("./chat_worker.ts", import.meta.url);
 * await using server = await serveWorkers(module, { port: 1234 });
 * Deno.addSignalListener("SIGTERM", () => server.drain());
 * await server.finished;
 * ```
 */
export async function serveWorkers(
  module: URL | string,
  options: ServeWorkersOptions = {},
): Promise<WorkersServer> {
  const url = checkModule(module);
  checkOptions(options);
  const { signal } = options;
  signal?.throwIfAborted();
  const isLinux = "Deno" in globalThis && Deno.build.os === "linux";
  const { workers = isLinux ? navigator.hardwareConcurrency : 1 } = options;
  checkRuntime(workers, isLinux);
  const pool = new WorkerPool({
    url,
    port: options.port,
    workers,
    unresponsiveTimeout: options.unresponsiveTimeout ?? DEFAULT_UNRESPONSIVE,
    onFailure: options.onFailure ?? ((error) => console.error(error)),
    clock: options.clock ?? systemClock,
  });
  const remove = onAbort(signal, () => void end(pool));
  void pool.finished.then(remove);
  try {
    const address = await pool.start();
    return new Workers(address, pool);
  } catch (error) {
    await end(pool);
    signal?.throwIfAborted();
    throw error;
  }
}

class Workers implements WorkersServer {
  readonly address: string;
  readonly #pool: WorkerPool;

  constructor(address: string, pool: WorkerPool) {
    this.address = address;
    this.#pool = pool;
  }

  get finished(): Promise<void> {
    return this.#pool.finished;
  }

  stats(): Promise<WorkersStats> {
    return this.#pool.stats();
  }

  async drain(options: DrainOptions = {}): Promise<void> {
    checkDrainOptions(options);
    await this.#pool.finish({ kind: "drain", options });
  }

  close(): Promise<void> {
    return end(this.#pool);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function end(pool: WorkerPool): Promise<void> {
  return pool.finish({ kind: "close" });
}

function checkModule(module: unknown): URL {
  const isUrl = module instanceof URL ||
    typeof module === "string" && URL.canParse(module);
  if (isUrl) return new URL(module);
  throw new TypeError(
    `Cannot serve in workers: got ${
      describeValue(module)
    }, wanted the URL of a module, such as new URL("./worker.ts", import.meta.url)`,
  );
}

function checkOptions(options: ServeWorkersOptions): void {
  checkOptionNames(options, OPTIONS);
  checkNumbers(options, { port: 0, unresponsiveTimeout: 1, workers: 1 });
  for (const name of ["port", "workers"] as const) {
    const value = options[name];
    if (value === undefined || Number.isInteger(value) && value <= LARGEST) {
      continue;
    }
    throw new RangeError(
      `Cannot set ${name}: got ${value}, wanted a whole number up to ${LARGEST}`,
    );
  }
  checkWaitOptions({ signal: options.signal });
  checkFunctions(options, ["onFailure"]);
}

function checkRuntime(workers: number, isLinux: boolean): void {
  if (typeof Worker !== "function" || !("Deno" in globalThis)) {
    throw new TypeError(
      "Cannot serve in workers: this runtime has none that can share a port, wanted Deno",
    );
  }
  if (workers === 1 || isLinux) return;
  throw new RangeError(
    `Cannot serve in ${workers} workers: ${Deno.build.os} does not distribute connections among them, wanted 1, or Linux`,
  );
}
