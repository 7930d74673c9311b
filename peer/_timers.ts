/**
 * Many timers on one of the machine.
 *
 * @module
 */

/** Something that is to be called at its time. */
export interface Timer {
  readonly due: number;
  readonly callback: () => void;
  /** Where in the heap it is; -1 when it is not there any more. */
  index: number;
}

/** What a machine does: calls back after so many milliseconds, unless it is told not to. */
export interface Alarm {
  /** The time now, in milliseconds. */
  now(): number;
  /** Calls back once. */
  set(callback: () => void, delay: number): number;
  /** Does not call back. */
  clear(id: number): void;
}

/** The longest delay that a timer of the machine can hold, about 25 days; it takes a longer one for none at all. */
const LONGEST_DELAY = 2 ** 31 - 1;

/**
 * Keeps timers in a heap, and has itself woken for the first of them.
 *
 * Each connection has several timers that run at all times, and hardly any ever expires. Here one costs an
 * object and a place, where one of the machine costs a kilobyte and a system's timer.
 */
export class Timers {
  readonly #alarm: Alarm;
  /** A binary heap: none is due before the one at half of its index. */
  readonly #heap: Timer[] = [];
  #id = 0;
  /** When the alarm goes off; it may be before any timer is due, since one that is cancelled leaves it alone. */
  #wakes = Infinity;

  constructor(alarm: Alarm) {
    this.#alarm = alarm;
  }

  /** Calls back once, after so many milliseconds; at once when that is no number or below 0. */
  schedule(callback: () => void, delay: number): Timer {
    // As the timers of the machine do. One that is never due would hold up all that are below it in the heap.
    const wait = delay > 0 ? delay : 0;
    const timer = { due: this.#alarm.now() + wait, callback, index: -1 };
    this.#rise(timer, this.#heap.length);
    if (timer.due < this.#wakes) this.#arm(wait);
    return timer;
  }

  /** Makes sure that a timer does not call back any more. */
  cancel(timer: Timer): void {
    if (timer.index < 0) return;
    this.#remove(timer);
    if (this.#heap.length === 0) this.#disarm();
  }

  #arm(delay: number): void {
    this.#disarm();
    const most = Math.min(Math.max(0, delay), LONGEST_DELAY);
    this.#wakes = this.#alarm.now() + most;
    this.#id = this.#alarm.set(() => this.#ring(), most);
  }

  #disarm(): void {
    if (this.#wakes === Infinity) return;
    this.#wakes = Infinity;
    this.#alarm.clear(this.#id);
  }

  /** Calls all that is due; each of them finds everything in order, whatever it does. */
  #ring(): void {
    this.#wakes = Infinity;
    const now = this.#alarm.now();
    try {
      for (let first; (first = this.#heap[0]) && first.due <= now;) {
        this.#remove(first);
        first.callback();
      }
    } finally {
      const first = this.#heap[0];
      if (first && first.due < this.#wakes) this.#arm(first.due - now);
    }
  }

  #remove(timer: Timer): void {
    const { index } = timer;
    const last = this.#heap.pop()!;
    timer.index = -1;
    if (last === timer) return;
    if (this.#rise(last, index) === index) this.#sink(last, index);
  }

  /** Puts a timer into a free place, or above it as far as it belongs there; returns its place. */
  #rise(timer: Timer, index: number): number {
    while (index > 0) {
      const above = (index - 1) >>> 1;
      const other = this.#heap[above]!;
      if (other.due <= timer.due) break;
      this.#put(other, index);
      index = above;
    }
    this.#put(timer, index);
    return index;
  }

  /** Puts a timer below its place as far as it belongs there. */
  #sink(timer: Timer, index: number): void {
    const heap = this.#heap;
    for (let below; (below = index * 2 + 1) < heap.length; index = below) {
      const right = heap[below + 1];
      if (right !== undefined && right.due < heap[below]!.due) below++;
      const other = heap[below]!;
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
