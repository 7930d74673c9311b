/**
 * What those who observe a peer are told, and what is counted for them.
 *
 * @module
 */

import type { Message } from "../../codec/mod.ts";
import type { MessageObserver, PeerEvent, PeerObserver } from "../events.ts";
import type { PeerOptions } from "../peer_options.ts";

/** Tells the hooks of an application, whose failures must not end the conversation. */
export class Observation {
  /** Hears every message; `undefined` when nobody wants to. */
  readonly onMessage: MessageObserver | undefined;
  readonly #onEvent: PeerObserver | undefined;
  /** How many messages were sent. */
  messagesOut = 0;
  /** How many bytes were handed to the channel. */
  bytesOut = 0;
  /** How many messages of the other side were dropped. */
  dropped = 0;

  constructor({ onEvent, onMessage }: PeerOptions) {
    this.#onEvent = onEvent && harmless(onEvent);
    this.onMessage = onMessage && harmless(onMessage);
  }

  /** Tells that something happened. */
  emit(event: PeerEvent): void {
    if (event.type === "drop") this.dropped++;
    this.#onEvent?.(event);
  }

  /** Tells that a message was sent. */
  sent(message: Message): void {
    this.messagesOut++;
    this.onMessage?.("out", message);
  }
}

function harmless<Arguments extends unknown[]>(
  hook: (...values: Arguments) => void,
): (...values: Arguments) => void {
  return (...values) => {
    try {
      hook(...values);
    } catch {
      // The hook is the application's, and so is its failure.
    }
  };
}
