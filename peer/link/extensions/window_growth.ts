/**
 * When the window of a stream is too small for its connection.
 *
 * @module
 */

/**
 * The least round trip, in milliseconds, at which a window grows. Within a
 * machine, or a room, a larger one would make calls wait behind the stream;
 * bench: `beside-stream`.
 */
const LEAST_ROUND_TRIP = 1;

/** The number of samples of which the least counts, together with those before. */
const SAMPLES = 8;

/** A window is large enough if the sender waits for less than this share of the time. */
const SHARE = 1 / 16;

/**
 * Measures how long a stream rests because its sender waits for credit.
 *
 * The round trip is the time from a grant to the first part that its sender
 * could not begin before. If such parts come later than others, and the reader
 * has read all before them, then the sender waits for credit. The part of the
 * time in which it does is what a larger window would save.
 */
export class WindowGrowth {
  /** Grants whose first part has not arrived: where it begins, and when each was sent. */
  #starts: number[] = [];
  #times: number[] = [];
  #lastArrival: number;
  /** Whether the sender has waited for credit, so that it has received the first grant. */
  #isHeld = false;
  #samples = 0;
  #current = Infinity;
  #before = Infinity;
  /** When the sums below began. */
  #since: number;
  #stalled = 0;
  #gaps = 0;
  #gapTime = 0;

  /** Begins to measure. */
  constructor(now: number) {
    this.#lastArrival = now;
    this.#since = now;
  }

  /** The round trip in milliseconds; `Infinity` as long as it is unknown. */
  get roundTrip(): number {
    return Math.min(this.#current, this.#before);
  }

  /** A grant is sent to a sender that may have sent everything up to an offset. */
  granted(before: number, now: number): void {
    this.#starts.push(before);
    this.#times.push(now);
  }

  /**
   * A part arrives that begins at an offset. `isAwaited` is whether the reader
   * has read all before it. Returns whether a larger window would save time.
   */
  arrived(start: number, isAwaited: boolean, now: number): boolean {
    const gap = now - this.#lastArrival;
    this.#lastArrival = now;
    let granted = NaN;
    while (this.#starts.length > 0 && start >= this.#starts[0]!) {
      this.#starts.shift();
      granted = this.#times.shift()!;
    }
    if (Number.isNaN(granted)) {
      this.#gaps++;
      this.#gapTime += gap;
      return false;
    }
    const usual = this.#gaps > 0 ? this.#gapTime / this.#gaps : 0;
    const roundTrip = now - granted;
    // Before the first grant arrives, parts follow whatever was granted.
    this.#isHeld ||= isAwaited && gap > usual && gap >= roundTrip / 2;
    if (!this.#isHeld) return false;
    this.#sample(roundTrip);
    if (isAwaited) this.#stalled += Math.max(0, gap - usual);
    return this.#decide(now);
  }

  #sample(roundTrip: number): void {
    if (this.#samples++ % SAMPLES === 0) {
      this.#before = this.#current;
      this.#current = roundTrip;
    } else this.#current = Math.min(this.#current, roundTrip);
  }

  #decide(now: number): boolean {
    const { roundTrip } = this;
    const elapsed = now - this.#since;
    if (roundTrip < LEAST_ROUND_TRIP || elapsed < roundTrip) return false;
    const isShort = this.#stalled > elapsed * SHARE;
    this.#since = now;
    this.#stalled = 0;
    this.#gaps = 0;
    this.#gapTime = 0;
    return isShort;
  }
}
