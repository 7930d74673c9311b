/**
 * How many calls may be in flight.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { text } from "../../codec/mod.ts";
import { OVERLOAD_TEXTS } from "../overload.ts";
import { CallQueue, type QueuedCall } from "./_call_queue.ts";

/** Windows full of results without a refusal before one more call is tried. */
const PATIENCE = { initial: 16, max: 1024 } as const;

const OVERLOAD_PAYLOADS = Object.values(OVERLOAD_TEXTS)
  .map((reason) => text.encode(reason));

/**
 * Returns whether the payload of an ErrorResult or a RetryResult is that of a
 * request beyond a number of them (limits/requests). What else an operation answers
 * with says nothing about other requests (request/retry-scope).
 */
export function isOverload(payload: Uint8Array): boolean {
  return OVERLOAD_PAYLOADS.some((overload) =>
    // Without a comparison, since most payloads differ in length.
    overload.byteLength === payload.byteLength && equals(overload, payload)
  );
}

/**
 * The calls of one kind that are in flight, single or stream, and the queue of
 * the others.
 *
 * The window is as wide as the local limit until the remote peer refuses a call
 * because it carries out enough: what is in flight besides is what it carries
 * out. From then on as many results lead to as many calls, and none is refused.
 * Results without a refusal widen the window again, by one call first, then by
 * more, in case that the remote peer has room again.
 */
export class CallWindow<Call extends QueuedCall> {
  /** The calls that wait. */
  readonly queue = new CallQueue<Call>();
  /** Number of calls that await a result. */
  inFlight = 0;
  /** Number of results. */
  results = 0;
  readonly #most: number;
  #width: number;
  /** By how much the window is widened next. */
  #step = 1;
  #patience: number = PATIENCE.initial;
  /** Results until the window is widened. */
  #missing = 0;
  /** Whether it has been widened since the last refusal. */
  #widened = false;

  /** Creates a window of at most `most` calls. */
  constructor(most: number) {
    this.#most = most;
    this.#width = most;
  }

  /** Whether one more call may be in flight. */
  get hasRoom(): boolean {
    return this.inFlight < this.#width;
  }

  /** Whether one more call may be in flight if the others wait for it. */
  get hasSpareRoom(): boolean {
    return this.inFlight < 4 * this.#most;
  }

  /** Records the result of a call that was in flight. */
  answered(): void {
    this.results++;
    if (this.#width === this.#most || this.queue.size === 0) return;
    if (--this.#missing > 0) return;
    this.#width = Math.min(this.#width + this.#step, this.#most);
    this.#step *= 2;
    this.#widened = true;
    this.#wait();
  }

  /** Records that a call which is in flight was refused because of the others. */
  refused(): void {
    this.#width = Math.max(1, Math.min(this.#width, this.inFlight - 1));
    this.#step = 1;
    if (this.#widened) {
      this.#patience = Math.min(this.#patience * 2, PATIENCE.max);
    }
    this.#widened = false;
    this.#wait();
  }

  #wait(): void {
    this.#missing = this.#width * this.#patience;
  }
}
