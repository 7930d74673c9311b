/**
 * Credit for what is received of a stream.
 *
 * @module
 */

import type { Credit } from "../../../codec/mod.ts";
import type { WindowBudget } from "./window_budget.ts";
import { WindowGrowth } from "./window_growth.ts";

/** The number of bytes of a stream after which its reader grants the first credit (extension/credit-late). */
export const FIRST_CREDIT: number = 64 * 1024;

/** A large window is granted in steps of this size, in bytes: halves of it would leave the line empty. */
const LARGEST_STEP = 512 * 1024;

/** Grants the rest of a direction. */
const ALL = Number.MAX_SAFE_INTEGER;

/**
 * What one direction of a stream may have unread, once it is long. The sender
 * receives credit as the application takes data, so that the connection need
 * not be held up for the sake of one stream.
 */
export class ReceiveWindow {
  readonly #budget: WindowBudget;
  readonly #direction: Credit["direction"];
  readonly #id: number;
  readonly #growth: WindowGrowth;
  #received: number;
  /** The highest offset granted; -1 before the first credit, which may be 0. */
  #granted = -1;
  #size: number;
  #closed = false;

  /** Opens the window of a stream of which `received` bytes have arrived. */
  constructor(
    budget: WindowBudget,
    direction: Credit["direction"],
    id: number,
    received: number,
  ) {
    this.#budget = budget;
    this.#direction = direction;
    this.#id = id;
    this.#received = received;
    this.#size = budget.open();
    this.#growth = new WindowGrowth(budget.clock.now(), budget.calls);
  }

  /** How much more than a stream without a window it may have unread before reading pauses. */
  get allowance(): number {
    return this.#budget.allowance(this.#size);
  }

  /** Whether the sender may send no more: the application takes its time. */
  get isUsedUp(): boolean {
    return this.#granted >= 0 && this.#received >= this.#granted;
  }

  /** A part has arrived. `before` and `unread` are the memory of unread data before it and now. */
  arrived(bytes: number, before: number, unread: number): void {
    const start = this.#received;
    this.#received += bytes;
    if (this.#closed) return;
    const now = this.#budget.clock.now();
    const size = this.#growth
      .arrived(start, bytes, before === 0, this.#size, now);
    if (size > this.#size) this.#size += this.#budget.grow(size - this.#size);
    this.unreadChanged(unread);
  }

  /** Grants more, if enough is free. `unread` is the memory of unread data. */
  unreadChanged(unread: number): void {
    if (this.#closed) return;
    const size = this.#budget.usable(this.#size);
    const offset = Math.max(0, this.#received + size - unread);
    const step = Math.min(size / 2, LARGEST_STEP);
    if (offset - this.#granted < step && this.#granted >= 0) return;
    this.#grant(offset);
  }

  /** Grants all that is still to come: the application wants no more of it, but the sender is to end it. */
  grantAll(): void {
    if (!this.#closed) this.#grant(ALL);
    this.close();
  }

  /** Grants nothing more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#budget.close(this.#size);
  }

  #grant(offset: number): void {
    // Without a grant, the sender is not held.
    if (this.#granted >= 0) {
      this.#growth.granted(this.#granted, this.#budget.clock.now());
    }
    this.#granted = offset;
    this.#budget.send({ direction: this.#direction, id: this.#id, offset });
  }
}
