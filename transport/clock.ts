/**
 * The timers of a channel.
 *
 * @module
 */

/**
 * Timers that a channel uses to bound the time it takes to close.
 *
 * The `Clock` of a peer satisfies this interface. Tests pass a clock in which
 * time passes only when the test advances it.
 */
export interface ChannelClock {
  /**
   * Calls `callback` once, after `delay` milliseconds; returns a value for
   * {@linkcode cancel}.
   */
  schedule(callback: () => void, delay: number): unknown;
  /** Cancels a scheduled callback; has no effect after the call. */
  cancel(timer: unknown): void;
}

/**
 * The longest delay of a timer of the runtime, in milliseconds: about 25 days.
 * A longer one would end at once.
 */
const MAX_DELAY = 2 ** 31 - 1;

/** The timers of the runtime. A delay of `Infinity` never ends. */
export const systemTimers: ChannelClock = {
  schedule: (callback, delay) =>
    delay === Infinity
      ? undefined
      : setTimeout(callback, Math.min(delay, MAX_DELAY)),
  cancel: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};
