/**
 * The server that `serveWorkers` returns.
 *
 * @module
 */

import type { DrainOptions } from "../peer/mod.ts";
import type { ServerStats } from "../server_stats.ts";

/** Totals of all workers, those that have ended included as far as they had reported. */
export interface WorkersStats extends ServerStats {
  /** Those of each worker that serves now. */
  readonly workers: readonly ServerStats[];
  /** Number of workers that have failed. */
  readonly failures: number;
}

/** A server in several workers. */
export interface WorkersServer extends AsyncDisposable {
  /** The URL that clients connect to. */
  readonly address: string;
  /** Resolves when all workers have ended. Never rejects. */
  readonly finished: Promise<void>;
  /** Asks the workers for what they count. One that does not answer within a second counts as it last reported. */
  stats(): Promise<WorkersStats>;
  /**
   * Drains each worker, as `Server.drain` does, and ends it once its
   * `onFinished` has settled; five seconds after the timeouts at the latest.
   */
  drain(options?: DrainOptions): Promise<void>;
  /** Closes all peers, and ends the workers. */
  close(): Promise<void>;
}
