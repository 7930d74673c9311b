/**
 * Waiting with an end.
 *
 * @module
 */

/** Thrown when something took too long. */
export class TooLateError extends Error {
  override readonly name = "TooLateError";
}

/**
 * Waits for something, at most so long.
 *
 * What is waited for goes on all the same, and may fail later without anybody noticing.
 *
 * @throws {TooLateError} When the time is up.
 * @throws The reason of the signal, when that is aborted.
 */
export async function bounded<T>(
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

/** Waits for something, at most so long, and says whether it came, well or not. */
export async function settles(
  work: Promise<unknown>,
  ms: number,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    await bounded(work.then(() => {}, () => {}), ms, "wait", signal);
    return true;
  } catch (error) {
    if (error instanceof TooLateError) return false;
    throw error;
  }
}
