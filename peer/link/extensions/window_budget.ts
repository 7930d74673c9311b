/**
 * The windows of all streams of a connection.
 *
 * @module
 */

import {
  CREDIT,
  type Credit,
  encodeCredit,
  type Message,
} from "../../../codec/mod.ts";
import type { Clock } from "../../clock.ts";
import type { Limits } from "../../limits.ts";
import type { CallTimes } from "./window_growth.ts";
import type { MemoryLimit } from "../memory_account.ts";

/** The part of `maxUnreadBytes` that windows may take: the rest is for streams without one. */
const SHARE = 3 / 4;

/** The smallest window that a stream opens with while others take all, or while memory is short, in bytes. */
const SMALLEST = 64 * 1024;

/**
 * What unread data of a window may take beyond its size: what is sent before the
 * first credit arrives, the rest of a part, and memory for what has not arrived.
 */
const BEYOND = 128 * 1024;

/** What is needed of the link. */
export interface WindowsLink {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly roundTrip: CallTimes;
  readonly memory: {
    readonly exceededLimit: MemoryLimit | undefined;
    refuses(bytes: number): MemoryLimit | undefined;
  };
  send(message: Message): void;
}

/** Shares out what the streams of a connection may have unread, and sends their credit. */
export class WindowBudget {
  readonly clock: Clock;
  readonly calls: CallTimes;
  readonly #link: WindowsLink;
  /** The size of a window at its beginning. */
  readonly #first: number;
  readonly #total: number;
  /** The sizes of all windows. */
  windowBytes = 0;
  /** Number of credits sent. */
  creditsOut = 0;

  /** Creates the budget of a link. */
  constructor(link: WindowsLink) {
    this.#link = link;
    this.clock = link.clock;
    this.calls = link.roundTrip;
    const { maxUnreadBytes, maxUnreadBytesPerStream } = link.limits;
    // One of 0 would let nothing through.
    this.#first = Math.max(1, maxUnreadBytesPerStream);
    this.#total = maxUnreadBytes * SHARE;
  }

  /** Whether unread data is limited at all. */
  get isLimited(): boolean {
    return this.#first < Infinity;
  }

  /** Opens a window; returns its size. */
  open(): number {
    const left = Math.max(SMALLEST, this.#total - this.windowBytes);
    const size = Math.min(this.#first, left);
    this.windowBytes += size;
    return size;
  }

  /** Lets a window grow by up to `bytes` bytes; returns by how much it does. */
  grow(bytes: number): number {
    const left = this.#total - this.windowBytes;
    const growth = Math.floor(Math.max(0, Math.min(bytes, left)));
    if (this.#link.memory.refuses(growth) !== undefined) return 0;
    this.windowBytes += growth;
    return growth;
  }

  /** How much more than a stream without a window one with a window of this size may have unread. */
  allowance(size: number): number {
    return Math.max(0, size - this.#first) + BEYOND;
  }

  /** What is granted of a window now. */
  usable(size: number): number {
    return this.#link.memory.exceededLimit === undefined
      ? size
      : Math.min(size, SMALLEST);
  }

  /** Closes a window. */
  close(size: number): void {
    this.windowBytes -= size;
  }

  /** Sends a credit. */
  send(credit: Credit): void {
    this.creditsOut++;
    const payload = encodeCredit(credit);
    this.#link.send({ kind: "Notification", name: CREDIT, payload });
  }
}
