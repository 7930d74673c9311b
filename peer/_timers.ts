/**
 * Many timers that share one system timer.
 *
 * @module
 */

/** A scheduled callback. */
export interface Timer {
  readonly due: number;
  readonly callback: () => void;
  /** Its position in the heap; -1 when it is not scheduled. */
  index: number;
}

/** The platform's timer functions. */
export interface SystemTimer {
  /** Returns the current time in milliseconds. */
  now(): number;
  /** Schedules one call of `callback` after `delay` milliseconds. */
  set(callback: () => void, delay: number): number;
  /** Cancels a scheduled call. */
  clear(id: number): void;
}

/** Longest delay of a system timer, about 25 days. The platform treats a longer delay as 0. */
const MAX_DELAY = 2 ** 31 - 1;

/**
 * A heap of timers, driven by one system timer that is set for the first of
 * them.
 *
 * Each connection has several timers that run all the time and hardly ever
 * expire. A timer in the heap costs one object and one array slot, a system
 * timer about a kilobyte; bench: `connections-idle`.
 */
export class Timers {
  readonly #system: SystemTimer;
  /** A binary min-heap by due time. */
  readonly #heap: Timer[] = [];
  #id = 0;
  /**
   * When the system timer fires; `Infinity` if it is not set. It may fire before
   * any timer is due, because cancelling a timer leaves it alone.
   */
  #firesAt = Infinity;

  /** Creates an empty heap. */
  constructor(system: SystemTimer) {
    this.#system = system;
  }

  /** Schedules one call of `callback` after `delay` milliseconds; a negative delay or `NaN` counts as 0. */
  schedule(callback: () => void, delay: number): Timer {
    // A due time of NaN would corrupt the order of the heap.
    const wait = delay > 0 ? delay : 0;
    const timer = { due: this.#system.now() + wait, callback, index: -1 };
    this.#siftUp(timer, this.#heap.length);
    if (timer.due < this.#firesAt) this.#arm(wait);
    return timer;
  }

  /** Cancels a timer. Does nothing if it has fired or is cancelled. */
  cancel(timer: Timer): void {
    if (timer.index < 0) return;
    this.#remove(timer);
    if (this.#heap.length === 0) this.#disarm();
  }

  #arm(delay: number): void {
    this.#disarm();
    const wait = Math.min(Math.max(0, delay), MAX_DELAY);
    this.#firesAt = this.#system.now() + wait;
    this.#id = this.#system.set(() => this.#fire(), wait);
  }

  #disarm(): void {
    if (this.#firesAt === Infinity) return;
    this.#firesAt = Infinity;
    this.#system.clear(this.#id);
  }

  /** Calls every timer that is due. The heap is consistent before each call, so a callback may schedule, cancel or throw. */
  #fire(): void {
    this.#firesAt = Infinity;
    const now = this.#system.now();
    try {
      for (let first; (first = this.#heap[0]) && first.due <= now;) {
        this.#remove(first);
        first.callback();
      }
    } finally {
      const first = this.#heap[0];
      if (first && first.due < this.#firesAt) this.#arm(first.due - now);
    }
  }

  #remove(timer: Timer): void {
    const { index } = timer;
    const last = this.#heap.pop()!;
    timer.index = -1;
    if (last === timer) return;
    if (this.#siftUp(last, index) === index) this.#siftDown(last, index);
  }

  /** Moves a timer from a free position towards the root; returns its final position. */
  #siftUp(timer: Timer, index: number): number {
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      const other = this.#heap[parent]!;
      if (other.due <= timer.due) break;
      this.#put(other, index);
      index = parent;
    }
    this.#put(timer, index);
    return index;
  }

  /** Moves a timer from its position towards the leaves. */
  #siftDown(timer: Timer, index: number): void {
    const heap = this.#heap;
    for (let child; (child = index * 2 + 1) < heap.length; index = child) {
      const right = heap[child + 1];
      if (right !== undefined && right.due < heap[child]!.due) child++;
      const other = heap[child]!;
      if (timer.due <= other.due) break;
      this.#put(other, index);
    }
    this.#put(timer, index);
  }

  #put(timer: Timer, index: number): void {
    this.#heap[index] = timer;
    timer.index = index;
  }
}
