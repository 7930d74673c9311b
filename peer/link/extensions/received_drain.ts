/**
 * The notification that the remote peer takes no new requests.
 *
 * @module
 */

import { decodeDrain } from "../../../codec/mod.ts";

/** What is needed of the link. */
export interface DrainLink {
  countUnproductive(): void;
}

/** What is needed of the events. */
export interface DrainEvents {
  remoteDrains(reason: string): void;
}

/** Passes on that the remote peer drains, once: it cannot be taken back (extension/drain-final). */
export class ReceivedDrain {
  readonly #link: DrainLink;
  readonly #events: DrainEvents;
  #isKnown = false;

  /** Receives that of a link. */
  constructor(link: DrainLink, events: DrainEvents) {
    this.#link = link;
    this.#events = events;
  }

  /** Receives the payload of a notification. */
  received(payload: Uint8Array): void {
    // extension/rate
    if (this.#isKnown) return this.#link.countUnproductive();
    this.#isKnown = true;
    this.#events.remoteDrains(decodeDrain(payload));
  }
}
