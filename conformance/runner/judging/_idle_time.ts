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
  /** How much may be started at the same time. */
  most(): number;
  /** Starts something; returns `undefined` if there is nothing at the moment. */
  start(): Promise<void> | undefined;
  /** Whether there is nothing left, or nothing more is to be started. */
  isOver(): boolean;
  /** Whether there is no idle time elsewhere. */
  isBusy(): boolean;
}

/**
 * Starts something now and then while this thread has idle time, up to `most`
 * at the same time; resolves when nothing is left and all is done. Rejects
 * when something that was started fails, also if it is long since done.
 */
export async function useIdleTime(
  { most, start, isOver, isBusy }: Filling,
): Promise<void> {
  const started = new Set<Promise<void>>();
  const failures: unknown[] = [];
  while (failures.length === 0 && !isOver()) {
    const before = performance.now();
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
    const isLate = performance.now() - before > INTERVAL + LATE;
    if (isLate || isBusy() || started.size >= most()) continue;
    const work = start();
    if (work === undefined) continue;
    const watched = work.catch((error) => void failures.push(error))
      .finally(() => started.delete(watched));
    started.add(watched);
  }
  if (failures.length === 0) await Promise.all(started);
  if (failures.length > 0) throw failures[0];
}
