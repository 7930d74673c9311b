/**
 * Credit for what is sent of a stream.
 *
 * @module
 */

import { turns } from "../../../transport/turns.ts";
import type { Clock } from "../../clock.ts";

/** What may be sent between two looks for the first credit, in bytes. */
const LOOK_AFTER = 256 * 1024;

/** A remote peer that has granted nothing up to this number of bytes is not expected to. */
const LOOK_UNTIL = 8 * 1024 * 1024;

/** How long the first credit may be under way, in milliseconds, if the remote peer is known to use extensions. */
const FIRST_CREDIT = 1_000;

/**
 * Counts what is sent in one direction of a stream, and how much of it the
 * remote peer takes. A remote peer that grants nothing takes all
 * (extension/credit-before).
 */
export class SentCredit {
  #sent = 0;
  #offset = Infinity;
  #lookAt = LOOK_AFTER;
  #isLate = false;
  #changed: PromiseWithResolvers<void> | undefined;

  /** Whether a part with data may begin (extension/credit-held). */
  get isLeft(): boolean {
    return this.#sent < this.#offset;
  }

  /** Records that data is sent. */
  sent(bytes: number): void {
    this.#sent += bytes;
  }

  /**
   * Lets a first credit arrive that is on its way, from time to time. The
   * WebSocket of a runtime takes megabytes within a round of the event loop, in
   * which nothing is received, and a reader that it does not hold back may be
   * busy or far away. With a clock, the remote peer is known to use extensions,
   * and its credit is awaited, but not for long: it may use others only.
   */
  look(clock?: Clock): Promise<void> | undefined {
    const isOver = this.#offset < Infinity || this.#sent > LOOK_UNTIL;
    if (isOver || this.#sent < this.#lookAt) return undefined;
    this.#lookAt = this.#sent + LOOK_AFTER;
    return clock === undefined || this.#isLate
      ? turns.next()
      : this.#first(clock);
  }

  async #first(clock: Clock): Promise<void> {
    const timer = clock.schedule(() => {
      this.#isLate = true;
      this.wake();
    }, FIRST_CREDIT);
    await this.changed();
    clock.cancel(timer);
  }

  /** Receives an offset. Returns whether it changes anything (extension/credit-rises). */
  granted(offset: number): boolean {
    if (offset <= this.#offset && this.#offset !== Infinity) return false;
    this.#offset = offset;
    this.wake();
    return true;
  }

  /** Resolves when there may be credit, or with {@linkcode wake}. */
  changed(): Promise<void> {
    return (this.#changed ??= Promise.withResolvers()).promise;
  }

  /** Lets the sender look again: the stream has ended. */
  wake(): void {
    this.#changed?.resolve();
    this.#changed = undefined;
  }
}
