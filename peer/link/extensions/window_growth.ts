/**
 * When the window of a stream is too small for its connection.
 *
 * @module
 */

/**
 * The least round trip, in milliseconds, at which a window grows. Within a
 * machine or a building, a process that is busy takes as long, and a larger
 * window would only make calls wait behind the stream; bench: `beside-stream`.
 */
const LEAST_ROUND_TRIP = 3;

/**
 * The rate in bytes per millisecond, about that of a line of 1 Gbit/s, at which a
 * window is large enough. What a busy machine takes for a window grows with the
 * window, but is faster; bench: `beside-stream`.
 */
const FAST = 128 * 1024;

/** The share of a round trip that a wait for credit lasts at least, over all grants that are under way. */
const LEAST_WAIT = 1 / 8;

/** The number of samples before a window grows: one alone may be late. */
const LEAST_SAMPLES = 2;

/** The number of samples of which the least counts, together with those before: a busy process adds to many of them, and the first may be of a sender that had received no credit. */
const SAMPLES = 8;

/** A window is large enough if the sender waits for less than this share of the time. */
const LEAST_SHARE = 1 / 16;

/** A window is small if what arrives within a round trip is more than this share of it. */
const FULL_SHARE = 1 / 2;

/** By how much a window is larger than what arrives within a round trip. */
const SPARE = 3 / 2;

/** The least time of the latest calls on the connection, which is no less than a round trip. */
export interface CallTimes {
  /** In milliseconds; `undefined` before the first call. */
  readonly time: number | undefined;
}

/**
 * Measures how long a stream rests because its sender waits for credit, the
 * round trip, and the rate.
 *
 * The round trip is the time from a grant to the first part that its sender
 * could not begin before. If such parts come later than others, and the reader
 * has read all before them, then the sender waits for credit. The part of the
 * time in which it does is what a larger window would save, unless it is the
 * process that is busy: then little arrives within a round trip.
 */
export class WindowGrowth {
  /** Grants whose first part has not arrived: where it begins, and when each was sent. */
  readonly #starts: number[] = [];
  readonly #times: number[] = [];
  #lastArrival: number;
  /** Whether the sender has once waited for credit. */
  #hasWaited = false;
  #samples = 0;
  #current = Infinity;
  #before = Infinity;
  /** When the sums below began. */
  #since: number;
  #bytes = 0;
  #stalled = 0;
  /** Number and time of the waits for parts that needed no new grant. */
  #gaps = 0;
  #gapTime = 0;

  readonly #ofCalls: CallTimes;

  /** Begins to measure. */
  constructor(now: number, ofCalls: CallTimes) {
    this.#lastArrival = now;
    this.#since = now;
    this.#ofCalls = ofCalls;
  }

  /** The round trip in milliseconds; `Infinity` as long as it is unknown. */
  get roundTrip(): number {
    const { time = Infinity } = this.#ofCalls;
    return Math.min(this.#current, this.#before, time);
  }

  /** A grant is sent to a sender that may have sent everything up to an offset. */
  granted(before: number, now: number): void {
    this.#starts.push(before);
    this.#times.push(now);
  }

  /**
   * A part arrives that begins at an offset. `isAwaited` is whether the reader
   * has read all before it. Returns the size that a window of `size` bytes should
   * have.
   */
  arrived(
    start: number,
    bytes: number,
    isAwaited: boolean,
    size: number,
    now: number,
  ): number {
    const gap = now - this.#lastArrival;
    this.#lastArrival = now;
    this.#bytes += bytes;
    let granted = NaN;
    while (this.#starts.length > 0 && start >= this.#starts[0]!) {
      this.#starts.shift();
      granted = this.#times.shift()!;
    }
    if (Number.isNaN(granted)) {
      // Parts of one chunk arrive together.
      if (gap > 0) this.#gaps++;
      this.#gapTime += gap;
      return size;
    }
    const usual = this.#gaps > 0 ? this.#gapTime / this.#gaps : 0;
    const wait = isAwaited ? gap - usual : 0;
    const roundTrip = now - granted;
    const underWay = this.#starts.length + 1;
    // A sender that has credit left sends on, and the time says nothing; nor does
    // it before the first credit has arrived, and the sender has waited for one.
    this.#hasWaited ||= wait > roundTrip / 2;
    const isHeld = this.#hasWaited &&
      wait * underWay > roundTrip * LEAST_WAIT;
    if (isHeld) this.#sample(roundTrip);
    this.#stalled += wait;
    return isHeld ? this.#decide(size, now) : size;
  }

  #sample(roundTrip: number): void {
    if (this.#samples++ % SAMPLES === 0) {
      this.#before = this.#current;
      this.#current = roundTrip;
    } else this.#current = Math.min(this.#current, roundTrip);
  }

  #decide(size: number, now: number): number {
    const { roundTrip } = this;
    const elapsed = now - this.#since;
    if (this.#samples < LEAST_SAMPLES) return size;
    if (roundTrip < LEAST_ROUND_TRIP || elapsed < roundTrip) return size;
    if (size > roundTrip * FAST) return size;
    const inRoundTrip = this.#bytes / elapsed * roundTrip;
    const isShort = this.#stalled > elapsed * LEAST_SHARE &&
      inRoundTrip > size * FULL_SHARE;
    this.#since = now;
    this.#bytes = 0;
    this.#stalled = 0;
    this.#gaps = 0;
    this.#gapTime = 0;
    return isShort ? Math.max(2 * size, inRoundTrip * SPARE) : size;
  }
}
