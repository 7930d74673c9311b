/**
 * Turns between connections that always have more to do.
 * Internal to the package.
 *
 * @module
 */

import { Heap } from "./_heap.ts";

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
export const TIME_BETWEEN_POLLS = 4;

/** Milliseconds of work that are worth a round of the event loop, to see whether the system has been polled (upload). */
const WORTH_A_ROUND = 1;

/** How long a turn lasts while others wait, in milliseconds (beside-stream). */
export const TURN = 1;

/** What one turn counts for in the mean of turns. */
const SHARE_OF_USUAL = 1 / 16;

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
 *
 * The order is that of fair queueing. Each connection has a position, which
 * moves by the milliseconds that it uses; virtual time is the position of the
 * latest turn. The lowest position is next, so one that has used less than its
 * share waits for one turn, however many others wait, and one that has used
 * more waits until the others have had as much.
 */
export class Turns {
  readonly #loop: EventLoop;
  /** What begins the turn of each one that waits, by its position. */
  readonly #waiting = new Heap<() => void>();
  /** The round that {@linkcode round} waits for, until it has passed. */
  #round: Promise<void> | undefined;
  #running = false;
  #resetting = false;
  /** When the work of {@linkcode spent} began. */
  #polledAt = 0;
  /** When the latest turn began. */
  lastTurn = -Infinity;
  /** How far a connection is that has always had something to do, in milliseconds. */
  virtualTime = 0;
  /** Milliseconds of work since the system was polled. */
  spent = 0;
  /** Changes whenever {@linkcode spent} begins anew. */
  polls = 0;

  /** Number of chunks that all connections have received: others share the time. */
  chunks = 0;
  /** How long turns usually take, in milliseconds: a turn, or as long as one message. */
  usual: number = TURN;

  /** Creates turns on an event loop. */
  constructor(loop: EventLoop) {
    this.#loop = loop;
  }

  /** Number of connections that wait for a turn. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Waits for a round of the event loop, after which all that promises have led
   * to has run. All that wait at the same time share it: what the runtime does
   * for each wait costs as much as a small message (rooms).
   */
  round(): Promise<void> {
    return this.#round ??= this.#loop.round().then(() => {
      this.#round = undefined;
    });
  }

  /** Waits for a turn. Among equal positions, the first one that came is next. */
  next(position: number = this.virtualTime): Promise<void> {
    return new Promise((begin) => {
      this.#waiting.add(position, begin);
      if (!this.#running) void this.#run();
    });
  }

  /** Records how long a turn took. */
  took(milliseconds: number): void {
    const change = (milliseconds - this.usual) * SHARE_OF_USUAL;
    this.usual = Math.max(TURN, this.usual + change);
  }

  /** Records work that was measured, which all that has arrived with the same poll waits for. */
  spend(milliseconds: number): void {
    this.spent += milliseconds;
    if (this.spent >= WORTH_A_ROUND) this.look();
  }

  /** Updates {@linkcode spent}, also by work that is not measured, and returns it. */
  look(): number {
    const now = this.#loop.now();
    if (this.#resetting || this.#running) {
      return this.spent = Math.max(this.spent, now - this.#polledAt);
    }
    this.#resetting = true;
    this.#polledAt = now - this.spent;
    void this.#loop.round().then(() => {
      this.#resetting = false;
      // Between turns, the system is polled after many rounds.
      if (!this.#running) this.#polled();
    });
    return this.spent;
  }

  #polled(): void {
    this.spent = 0;
    this.#polledAt = this.#loop.now();
    this.polls++;
  }

  async #run(): Promise<void> {
    const loop = this.#loop;
    this.#running = true;
    while (this.#waiting.size > 0) {
      this.#polled();
      for (let round = 0; round < loop.roundsUntilPolled; round++) {
        await loop.round();
      }
      const end = loop.now() + TIME_BETWEEN_POLLS;
      // Those that come back meanwhile may have further turns.
      do {
        this.#beginFirst();
        // The turn ends before the round does.
        await loop.round();
      } while (this.#waiting.size > 0 && loop.now() < end);
    }
    this.#running = false;
    this.#polled();
  }

  #beginFirst(): void {
    const { rank, item: begin } = this.#waiting.take()!;
    this.virtualTime = Math.max(this.virtualTime, rank);
    this.lastTurn = this.#loop.now();
    begin();
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
