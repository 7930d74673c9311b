/**
 * The time that a connection may use at a stretch.
 *
 * @module
 */

import { turns } from "../../transport/turns.ts";
import type { Clock } from "../clock.ts";

/**
 * How long a connection may work without a turn of another, in milliseconds:
 * while no other has anything to do (notifications-16B), and while others have
 * (beside-stream).
 */
const LENGTH = { alone: 8, shared: 1 } as const;

/** Number of chunks that all connections have received. */
let chunks = 0;

/** Records that a connection has received a chunk: others share the time. */
export function countChunk(): void {
  chunks++;
}

/**
 * Measures how much time a connection uses, over any number of chunks, and
 * gives way to others once that is a slice.
 */
export class TimeSlice {
  readonly #clock: Clock;
  #used = 0;
  /** When the work that is measured began; `NaN` if none is. */
  #start = NaN;
  #weight = 1;
  /** Chunks of other connections before this slice. */
  #others = -1;
  /** The count of turns at which all that waited when this slice began have had one. */
  #renewal = 0;

  /** Creates a slice of which nothing is used. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins to measure work that stands for `weight` times as much. */
  begin(weight: number): void {
    this.#weight = weight;
    this.#start = this.#clock.now();
  }

  /** Records the time since `begin`, and continues to measure. */
  look(): void {
    const now = this.#clock.now();
    // From the first look in a chunk that was not measured from its beginning.
    if (this.#start <= now) this.#used += (now - this.#start) * this.#weight;
    this.#weight = 1;
    this.#start = now;
  }

  /** Records the time since `begin`, and measures nothing more. */
  end(): void {
    if (Number.isNaN(this.#start)) return;
    this.look();
    this.#start = NaN;
  }

  /**
   * Returns whether the slice is used up. `own` is the number of chunks of this
   * connection. One that uses less time than the others does not wait for them:
   * its next slice begins once all of them have had a turn.
   */
  isUsedUp(own: number): boolean {
    if (this.#used < LENGTH.shared) return false;
    if (turns.count >= this.#renewal) {
      this.#renew();
      return false;
    }
    const isAlone = turns.waiting === 0 && chunks - own === this.#others;
    return !isAlone || this.#used >= LENGTH.alone;
  }

  /** Waits until the next slice begins. */
  async next(own: number): Promise<void> {
    this.end();
    this.#others = chunks - own;
    await turns.next();
    this.#renew();
  }

  #renew(): void {
    this.#used = 0;
    this.#renewal = turns.countAfterWaiting;
  }
}
