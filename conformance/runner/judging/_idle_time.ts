/**
 * Runs that fill the time in which the others only wait.
 *
 * @module
 */

/** The interval between two looks, in milliseconds. */
const INTERVAL = 4;

/** How late a timer may be while there is idle time, in milliseconds. */
const LATE = 3;

/** What fills idle time. */
export interface Filling {
  /** Starts something; returns `undefined` if there is nothing left. */
  start(): Promise<void> | undefined;
  /** Whether there is no idle time elsewhere. */
  isBusy(): boolean;
}

/**
 * Starts something now and then while this thread has idle time, up to `most` at
 * the same time; resolves when there is nothing left and all is done. Rejects
 * when something that was started fails, also if it is long since done.
 */
export async function useIdleTime(
  most: number,
  { start, isBusy }: Filling,
): Promise<void> {
  const started = new Set<Promise<void>>();
  const failures: unknown[] = [];
  while (most > 0 && failures.length === 0) {
    const before = performance.now();
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
    const isLate = performance.now() - before > INTERVAL + LATE;
    if (isLate || isBusy() || started.size >= most) continue;
    const work = start();
    if (work === undefined) break;
    const watched = work.catch((error) => void failures.push(error))
      .finally(() => started.delete(watched));
    started.add(watched);
  }
  if (failures.length === 0) await Promise.all(started);
  if (failures.length > 0) throw failures[0];
}
