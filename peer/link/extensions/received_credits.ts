/**
 * Credits that arrive.
 *
 * @module
 */

import {
  type Credit,
  decodeCredit,
  type MessageKind,
} from "../../../codec/mod.ts";
import type { DropReason } from "../../events.ts";

/** What is needed of the link. */
export interface CreditsLink {
  drop(kind: MessageKind, reason: DropReason): void;
  countUnproductive(): void;
}

/** Receives credits of the remote peer. */
export interface CreditEvents {
  /** The remote peer takes more of a stream. Returns whether that changes anything. */
  credited(credit: Credit): boolean;
}

/** Passes credits on to the streams that they are for, and counts those that change nothing. */
export class ReceivedCredits {
  readonly #link: CreditsLink;
  readonly #events: CreditEvents;
  /** Number of credits that let a stream go on. */
  count = 0;

  /** Receives those of a link. */
  constructor(link: CreditsLink, events: CreditEvents) {
    this.#link = link;
    this.#events = events;
  }

  /** Receives the payload of a notification (extension/credit, extension/credit-unknown). */
  received(payload: Uint8Array): void {
    const credit = decodeCredit(payload);
    if (credit === undefined) this.#link.drop("Notification", "malformed");
    else if (this.#events.credited(credit)) {
      this.count++;
      return;
    }
    // extension/rate
    this.#link.countUnproductive();
  }
}
