/**
 * Writing to a pipe that is full and does not block.
 *
 * @module
 */

/** How long a full pipe is left alone, in milliseconds: at first, and at last. */
const WAIT = { first: 1, last: 50 } as const;

const NOTHING = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes, and again while a pipe that does not block is full. Node has no way to
 * wait for it but one that lets other code run.
 *
 * @param sleep Waits for some milliseconds.
 */
export function onceWritable(
  write: () => number,
  sleep: (time: number) => unknown = (time) =>
    Atomics.wait(NOTHING, 0, 0, time),
): number {
  for (let time: number = WAIT.first;; time = Math.min(2 * time, WAIT.last)) {
    try {
      return write();
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
    }
    sleep(time);
  }
}
