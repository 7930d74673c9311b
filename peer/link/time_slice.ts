/**
 * The time that a connection may use at a stretch.
 *
 * @module
 */

import { TIME_BETWEEN_POLLS, TURN, turns } from "../../transport/turns.ts";
import type { Clock } from "../clock.ts";

/**
 * How long a connection may work without a turn of another, in milliseconds:
 * while no other has anything to do (notifications-16B), and while others have
 * (beside-stream).
 */
const LENGTH = { alone: 8, shared: TURN } as const;

/**
 * How far beyond virtual time a position may be, in usual turns. A longer wait
 * would punish a connection for a pause of the whole program that fell into its
 * time, such as a garbage collection.
 */
const MAX_DEBT = 2;

/** The work on a chunk that stands for others, in milliseconds. A longer one stands for itself, and the next one is measured as well. */
const CHEAP = 1 / 16;

/**
 * The mean work on small chunks that does not move a position, in usual turns.
 * They come one by one from connections that wait for answers, which are served
 * first whatever their number of calls; those of a flood arrive together.
 */
const FREE = 3 / 4;

/** What one small chunk counts for in their mean: few pauses of the program fall into many of them. */
const SHARE_OF_MEAN = 1 / 8;

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
  #isSmall = false;
  /** The mean work on small chunks; a longer one counts as a slice. */
  #mean = 0;
  /** The poll of the system after which the slice began. */
  #begunAt = -1;
  /** Chunks of other connections before this slice. */
  #others = -1;
  /** The place in virtual time: moves by what is used, and is never long before or after it. */
  #position: number;
  /** What is used since the system was polled, and the number of that poll. */
  #spent = 0;
  #poll = -1;
  /** Whether the work on the latest chunk took too long for it to stand for others. */
  isCostly = false;

  /**
   * Creates a slice of which nothing is used. A new connection is one slice
   * behind those that are known to use little.
   */
  constructor(clock: Clock, isNew = false) {
    this.#clock = clock;
    this.#position = turns.virtualTime + (isNew ? LENGTH.shared : 0);
  }

  /** Begins to measure work that stands for `weight` times as much. */
  begin(weight: number, isSmall = false): void {
    this.#weight = weight;
    this.#isSmall = isSmall;
    this.#start = this.#clock.now();
  }

  /** Continues with the same chunk. */
  resume(): void {
    this.#start = this.#clock.now();
  }

  /** Records the time since `begin`, and continues to measure. Returns that time. */
  look(): number {
    const now = this.#clock.now();
    // From the first look in a chunk that was not measured from its beginning.
    const time = this.#start <= now ? now - this.#start : 0;
    const others = (this.#weight - 1) * Math.min(time, CHEAP);
    this.#weight = 1;
    this.#start = now;
    this.#used += time + others;
    this.#spend(time, time + others);
    return time;
  }

  /** Records the time since `begin`, and measures nothing more. */
  end(): void {
    if (Number.isNaN(this.#start)) return;
    this.isCostly = this.look() > CHEAP;
    this.#start = NaN;
  }

  /**
   * Returns whether the slice is used up. `own` is the number of chunks of this
   * connection. One that uses less time than the others gives way only until the
   * system has been polled.
   */
  isUsedUp(own: number): boolean {
    if (this.#used < LENGTH.shared) return false;
    if (this.#isInTime && turns.polls !== this.#begunAt) {
      this.#renew();
      return false;
    }
    const isAlone = turns.waiting === 0 &&
      turns.chunks - own === this.#others;
    return !isAlone || this.#used >= LENGTH.alone;
  }

  /**
   * Returns whether a chunk that has just arrived waits for a turn, since others
   * have used less, and wait, or have worked for long since the system was polled.
   */
  get isPreceded(): boolean {
    if (this.#isInTime) return false;
    if (turns.waiting > 0) return true;
    const own = this.#poll === turns.polls ? this.#spent : 0;
    return turns.spent - own >= TIME_BETWEEN_POLLS;
  }

  /** Waits until the next slice begins. */
  async next(own: number): Promise<void> {
    this.end();
    this.#others = turns.chunks - own;
    turns.took(this.#used);
    await turns.next(this.#position);
    this.#renew();
  }

  #renew(): void {
    this.#used = 0;
    this.#begunAt = turns.polls;
  }

  /** Whether this connection has used no more than those that always have something to do. */
  get #isInTime(): boolean {
    return this.#position <= turns.virtualTime;
  }

  #spend(time: number, estimate: number): void {
    const { virtualTime } = turns;
    this.#position = Math.min(
      Math.max(this.#position, virtualTime) + this.#counted(time),
      virtualTime + MAX_DEBT * turns.usual,
    );
    turns.spend(estimate);
    if (this.#poll !== turns.polls) {
      this.#poll = turns.polls;
      this.#spent = 0;
    }
    this.#spent += estimate;
  }

  /** Returns how far work moves the position. */
  #counted(time: number): number {
    if (!this.#isSmall) return time;
    const change = Math.min(time, LENGTH.shared) - this.#mean;
    this.#mean += change * SHARE_OF_MEAN;
    return Math.max(0, this.#mean - FREE * turns.usual);
  }
}
