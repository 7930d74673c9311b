/**
 * Cancellations that arrive.
 *
 * @module
 */

import {
  decodeCancel,
  type MessageKind,
  type RequestId,
} from "../../../codec/mod.ts";
import type { Clock } from "../../clock.ts";
import type { DropReason } from "../../events.ts";
import type { Limits } from "../../limits.ts";
import { RateLimit } from "../rate_limit.ts";

/** What is needed of the link. */
export interface CancelsLink {
  readonly clock: Clock;
  readonly limits: Limits;
  drop(kind: MessageKind, reason: DropReason): void;
  countUnproductive(): void;
}

/** What is needed of the events. */
export interface CancelEvents {
  cancelled(id: RequestId, reason: string): boolean;
}

/**
 * Passes on which requests the remote peer cancels.
 *
 * A cancel that changes nothing does no work, and one of a request that is
 * handled makes the work before it useless: beyond a rate they count as well, so
 * that requesting and cancelling in a loop comes to an end (extension/rate,
 * extension/cancel-rate).
 */
export class ReceivedCancels {
  readonly #link: CancelsLink;
  readonly #events: CancelEvents;
  readonly #rate: RateLimit;
  /** Number of requests that were being handled when they were cancelled. */
  count = 0;

  /** Receives those of a link. */
  constructor(link: CancelsLink, events: CancelEvents) {
    this.#link = link;
    this.#events = events;
    const { limits } = link;
    // All that run at once can be cancelled together.
    const burst = limits.maxConcurrentRequests + limits.maxConcurrentStreams;
    this.#rate = new RateLimit(link.clock, burst, limits.maxCancelsPerSecond);
  }

  /** Receives the payload of a notification. */
  received(payload: Uint8Array): void {
    const cancel = decodeCancel(payload);
    if (cancel === undefined) {
      this.#link.drop("Notification", "malformed");
      return this.#link.countUnproductive();
    }
    // extension/cancel-unknown
    const wasHandled = this.#events.cancelled(cancel.id, cancel.reason);
    if (wasHandled) this.count++;
    if (!wasHandled || !this.#rate.take()) this.#link.countUnproductive();
  }
}
