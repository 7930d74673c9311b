/**
 * How long a slow remote side may take.
 * Internal to the package.
 *
 * @module
 */

/**
 * The lowest rate, in bytes per second, that is waited for where progress cannot
 * be seen or the total time must be bounded: a remote side that takes less is
 * treated like one that takes nothing.
 */
export const SLOWEST_RATE: number = 32 * 1024;

/** Returns the time that bytes need at the slowest rate, in whole milliseconds. */
export function timeToTake(bytes: number): number {
  return Math.floor(bytes / SLOWEST_RATE * 1000);
}
