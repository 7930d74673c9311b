/**
 * Options of draining.
 *
 * @module
 */

import { nameOfValue } from "../quoting/value.ts";
import { checkOptionNames, type OptionNames } from "../quoting/option_names.ts";
import { checkTime } from "../transport/wait_options.ts";

/** Options of `Peer.drain`, and of the drains of servers. */
export interface DrainOptions {
  /** Longest wait, in milliseconds; `limits.closeTimeout` by default. Calls that have not settled by then fail. */
  readonly timeout?: number;
  /**
   * Time without a request of the remote peer, after everything has settled,
   * before the connection closes, in milliseconds; 100 by default. Requests that
   * are on their way arrive within it and are answered with a RetryResult; it
   * should be longer than the network takes there and back. With extensions,
   * streams that arrive within this time from the beginning are carried out. A peer that
   * connected, and has received no request, does not wait.
   */
  readonly quiet?: number;
  /** Why, as text for the remote peer (extension/drain); `"shutting down"` by default. */
  readonly reason?: string;
}

const NAMES: OptionNames<DrainOptions> = { quiet: 1, reason: 1, timeout: 1 };

/**
 * Checks options of draining.
 *
 * @throws {TypeError} If the options are no object, one is unknown, a time is not a number of at
 * least 0, or the reason no string.
 */
export function checkDrainOptions(options: DrainOptions): void {
  checkOptionNames(options, NAMES);
  const { timeout, quiet, reason = "" } = options;
  checkTime("timeout", timeout);
  checkTime("quiet", quiet);
  if (typeof reason === "string") return;
  throw new TypeError(
    `Cannot set reason: got ${nameOfValue(reason)}, wanted a string`,
  );
}

/** The quiet time of drains that set no other, in milliseconds. */
export const DEFAULT_QUIET = 100;
