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

/** The timers of the runtime. */
export const systemTimers: ChannelClock = {
  schedule: (callback, delay) => setTimeout(callback, delay),
  cancel: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};
