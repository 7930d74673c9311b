/**
 * Turns between connections that always have more to do.
 * Internal to the package.
 *
 * @module
 */

/**
 * Rounds of the event loop after which it has certainly polled the system for
 * input. Deno 2.9.6 polls after 61 rounds without a pause, the default
 * `event_interval` of its scheduler; a test pins this.
 */
export const ROUNDS_UNTIL_POLLED = 64;

/**
 * How long turns may follow each other before the system is polled again, in
 * milliseconds: the delay of connections that need no turn (beside-stream).
 */
const TIME_BETWEEN_POLLS = 4;

/** What turns need of the runtime. */
export interface EventLoop {
  /** Returns the milliseconds since a fixed moment. */
  now(): number;
  /** Resolves after a round of the event loop. */
  round(): Promise<void>;
  /** Rounds after which the system has been polled for input. */
  readonly roundsUntilPolled: number;
}

/**
 * Gives turns, one after the other, to connections that have used up their
 * time.
 *
 * In Deno, a read of bytes that have already arrived completes without a round
 * of the event loop, so a remote side that writes faster than the local side
 * reads would starve all other connections and timers. A connection that has
 * used its time therefore waits here. Before the first turn, and between turns,
 * the system is polled: connections that use little time never wait here, and
 * are served in between, however many others do.
 */
export class Turns {
  readonly #loop: EventLoop;
  readonly #waiting = new Set<() => void>();
  #running = false;
  /** When the latest turn began. */
  lastTurn = -Infinity;
  /** Number of turns that have begun. */
  count = 0;

  /** Creates turns on an event loop. */
  constructor(loop: EventLoop) {
    this.#loop = loop;
  }

  /** Number of connections that wait for a turn. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** The {@linkcode count} at which all that wait now have had a turn; at least one more than now. */
  get countAfterWaiting(): number {
    return this.count + Math.max(1, this.#waiting.size);
  }

  /** Waits for a round of the event loop, after which all that promises have led to has run. */
  round(): Promise<void> {
    return this.#loop.round();
  }

  /** Waits for a turn. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    const loop = this.#loop;
    this.#running = true;
    while (this.#waiting.size > 0) {
      for (let round = 0; round < loop.roundsUntilPolled; round++) {
        await loop.round();
      }
      const end = loop.now() + TIME_BETWEEN_POLLS;
      // Those that come back meanwhile are visited too, as the last ones.
      for (const begin of this.#waiting) {
        this.#waiting.delete(begin);
        this.lastTurn = loop.now();
        this.count++;
        begin();
        // The turn ends before the round does.
        await loop.round();
        if (loop.now() >= end) break;
      }
    }
    this.#running = false;
  }
}

/** The event loop of the runtime. */
function systemLoop(): EventLoop {
  const now = () => performance.now();
  const { setImmediate } = globalThis as {
    readonly setImmediate?: (callback: () => void) => unknown;
  };
  if (setImmediate !== undefined) {
    return {
      now,
      round: () => new Promise((resolve) => void setImmediate(resolve)),
      roundsUntilPolled: ROUNDS_UNTIL_POLLED,
    };
  }
  // deno-coverage-ignore
  return { now, round: nextTask, roundsUntilPolled: 1 };
}

/**
 * Resolves in another task. Browsers have no `setImmediate`, delay timers by
 * 4 ms, and choose among the sources of tasks after each task.
 */
export function nextTask(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      port2.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** The turns of all connections of this program. */
export const turns: Turns = new Turns(systemLoop());
