/**
 * Timeouts for promises.
 *
 * @module
 */

import { bounded } from "./bounded.ts";

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
export function withTimeout<T>(
  work: Promise<T>,
  ms: number,
  attempted: string,
  signal?: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = bounded(
      ms,
      () =>
        reject(
          new TooLateError(
            `Cannot ${attempted}: it took more than ${Math.round(ms)} ms`,
          ),
        ),
      reject,
      signal,
    );
    work.then((value) => {
      end();
      resolve(value);
    }, (error) => {
      end();
      reject(error);
    });
  });
}

/**
 * Waits for a promise to settle, at most `ms` milliseconds, and reports whether
 * it did.
 *
 * @throws The reason of the signal, if it is aborted.
 */
export function settlesWithin(
  work: Promise<unknown>,
  ms: number,
  signal?: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const end = bounded(ms, () => resolve(false), reject, signal);
    const settled = () => {
      end();
      resolve(true);
    };
    work.then(settled, settled);
  });
}
