/**
 * Timeouts for promises.
 *
 * @module
 */

/** Thrown when something takes too long. */
export class TooLateError extends Error {
  override readonly name = "TooLateError";
}

/**
 * Waits for a promise, at most `ms` milliseconds.
 *
 * The work continues after the timeout, and its failure is then ignored.
 *
 * @param attempted What is attempted, for the message of the error.
 * @throws {TooLateError} If the timeout expires.
 * @throws The reason of the signal, if it is aborted.
 */
export async function withTimeout<T>(
  work: Promise<T>,
  ms: number,
  attempted: string,
  signal?: AbortSignal,
): Promise<T> {
  work.catch(() => {});
  signal?.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal!.reason);
  signal?.addEventListener("abort", abort);
  const timer = setTimeout(
    () =>
      reject(
        new TooLateError(
          `Cannot ${attempted}: it took more than ${Math.round(ms)} ms`,
        ),
      ),
    ms,
  );
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

/**
 * Waits for a promise to settle, at most `ms` milliseconds, and reports whether
 * it did.
 *
 * @throws The reason of the signal, if it is aborted.
 */
export async function settlesWithin(
  work: Promise<unknown>,
  ms: number,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    await withTimeout(work.then(() => {}, () => {}), ms, "wait", signal);
    return true;
  } catch (error) {
    if (error instanceof TooLateError) return false;
    throw error;
  }
}
