/**
 * The time that the body of a request may take.
 *
 * @module
 */

import type { Clock } from "../peer/mod.ts";
import type { Limits } from "../peer/limits.ts";
import { timeoutError, Watchdog } from "../peer/link/watchdog.ts";

/** The limits that apply to a body. */
export type BodyLimits = Pick<
  Limits,
  "receiveTimeout" | "progressTimeout" | "minReceiveBytesPerSecond"
>;

/**
 * Bounds the time of reads from a body: that without a byte, and by the lowest
 * rate that of what one read gathers from many chunks.
 */
export class BodyTime {
  readonly #limits: BodyLimits;
  readonly #silence: Watchdog;
  readonly #progress: Watchdog;
  /** Bytes since progress was last looked for; `undefined` while a read has gathered none. */
  #gathered: number | undefined;
  #reject: (error: unknown) => void = () => {};

  /** Bounds times by a clock. */
  constructor(clock: Clock, limits: BodyLimits) {
    this.#limits = limits;
    const { receiveTimeout } = limits;
    this.#silence = new Watchdog(clock, () => {
      this.#reject(timeoutError(`received nothing for ${receiveTimeout} ms`));
    });
    this.#progress = new Watchdog(clock, () => this.#checkProgress());
  }

  /** Returns what a read settles with; rejects if it takes too long. */
  async within<T>(read: Promise<T>): Promise<T> {
    const { promise: expired, reject } = Promise.withResolvers<never>();
    this.#reject = reject;
    this.#silence.reset(this.#limits.receiveTimeout);
    try {
      return await Promise.race([read, expired]);
    } finally {
      this.#silence.suspend();
      this.#progress.suspend();
      this.#gathered = undefined;
    }
  }

  /** Records that the pending read has received bytes, and needs more. */
  received(bytes: number): void {
    this.#silence.reset(this.#limits.receiveTimeout);
    if (this.#gathered === undefined) {
      this.#gathered = 0;
      this.#progress.reset(this.#limits.progressTimeout);
    }
    this.#gathered += bytes;
  }

  /** Ends all timers: nothing is read any more. */
  stop(): void {
    this.#silence.stop();
    this.#progress.stop();
  }

  /** Rejects the pending read if it gathers bytes too slowly (limits/slow-message). */
  #checkProgress(): void {
    const { minReceiveBytesPerSecond, progressTimeout } = this.#limits;
    const received = this.#gathered ?? 0;
    if (received < minReceiveBytesPerSecond * progressTimeout / 1000) {
      return this.#reject(timeoutError(
        `received ${received} bytes of a message in ${progressTimeout} ms, ` +
          `wanted at least ${minReceiveBytesPerSecond} bytes per second`,
      ));
    }
    this.#gathered = 0;
    this.#progress.reset(progressTimeout);
  }
}
