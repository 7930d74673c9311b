/**
 * Opening a connection within a timeout and under a signal.
 *
 * @module
 */

import { describeFailure } from "../quoting/quote.ts";
import { systemTimers } from "./clock.ts";
import { checkNumbers } from "./number_option.ts";
import { checkWaitOptions } from "./wait_options.ts";

/** Options of everything that connects. */
export interface DialOptions {
  /**
   * Cancels connecting when it is aborted. It has no effect once the connection
   * is open.
   */
  readonly signal?: AbortSignal | undefined;
  /** How long connecting may take, in milliseconds; 10,000 by default, `Infinity` for no limit. */
  readonly connectTimeout?: number | undefined;
}

/**
 * Opens a connection.
 *
 * @param address The address for error messages.
 * @param open Opens the connection. Its signal is aborted when the connection
 * is no longer wanted; a connection that it opens after that is closed here.
 * @param progress Returns what has arrived so far, as an error; it becomes the
 * `cause` if the timeout expires.
 * @throws The reason of the signal, if the signal is aborted.
 * @throws {RangeError} If `connectTimeout` is less than 0.
 * @throws {TypeError} If `signal` is not an `AbortSignal`.
 * @throws {Error} If opening fails or the timeout expires.
 */
export async function dial<C extends Disposable>(
  address: string,
  { signal, connectTimeout = 10_000 }: DialOptions,
  open: (signal: AbortSignal) => Promise<C>,
  progress?: () => Error | undefined,
): Promise<C> {
  checkNumbers({ connectTimeout }, { connectTimeout: 0 });
  checkWaitOptions({ signal });
  signal?.throwIfAborted();
  const abandoned = new AbortController();
  const { promise: failed, reject } = Promise.withResolvers<never>();
  const abandon = (reason: unknown) => {
    reject(reason);
    abandoned.abort();
  };
  const timer = systemTimers.schedule(
    () => {
      const cause = progress?.();
      const what = cannot(address, `not connected within ${connectTimeout} ms`);
      abandon(new Error(what, cause && { cause }));
    },
    connectTimeout,
  );
  try {
    return await withAbortHandler(
      signal,
      () => abandon(signal?.reason),
      () => Promise.race([failed, opened(address, open, abandoned.signal)]),
    );
  } finally {
    systemTimers.cancel(timer);
  }
}

/**
 * Does some work, and calls `onAbort` if the signal is aborted before the work
 * is done.
 */
export async function withAbortHandler<T>(
  signal: AbortSignal | undefined,
  onAbort: () => void,
  work: () => Promise<T>,
): Promise<T> {
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted) onAbort();
  try {
    return await work();
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

async function opened<C extends Disposable>(
  address: string,
  open: (signal: AbortSignal) => Promise<C>,
  abandoned: AbortSignal,
): Promise<C> {
  let conn: C;
  try {
    conn = await open(abandoned);
  } catch (cause) {
    throw new Error(cannot(address, describeFailure(cause)), { cause });
  }
  if (abandoned.aborted) conn[Symbol.dispose]();
  return conn;
}

function cannot(address: string, why: string): string {
  return `Cannot connect to ${address}: ${why}`;
}
