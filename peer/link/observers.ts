/**
 * The observers of a peer, and what is counted for them.
 *
 * @module
 */

import type { Message } from "../../codec/mod.ts";
import type { MessageObserver, PeerEvent, PeerObserver } from "../events.ts";
import { callHook } from "../hooks.ts";

/** Calls the observers of a peer. */
export class Observers {
  readonly #onEvent: PeerObserver | undefined;
  readonly #onMessage: MessageObserver | undefined;
  /** Number of messages sent. */
  messagesOut = 0;
  /** Number of received messages that were dropped. */
  dropped = 0;
  /** Number of notifications that were dropped before they were sent. */
  unsent = 0;

  /** Creates the observers of one peer. */
  constructor(
    onEvent: PeerObserver | undefined,
    onMessage: MessageObserver | undefined,
  ) {
    this.#onEvent = onEvent;
    this.#onMessage = onMessage;
  }

  /** Whether there is an observer of messages, which may keep what it receives. */
  get observesMessages(): boolean {
    return this.#onMessage !== undefined;
  }

  /** Reports an event. */
  emit(event: PeerEvent): void {
    if (event.type === "drop") this.dropped++;
    if (event.type === "unsent") this.unsent++;
    if (this.#onEvent !== undefined) callHook(this.#onEvent, event);
  }

  /** Reports and counts a message that is being sent. */
  sent(message: Message): void {
    this.messagesOut++;
    if (this.#onMessage !== undefined) {
      callHook(this.#onMessage, "out", message);
    }
  }

  /** Reports a message that was received. */
  received(message: Message): void {
    if (this.#onMessage !== undefined) {
      callHook(this.#onMessage, "in", message);
    }
  }
}
