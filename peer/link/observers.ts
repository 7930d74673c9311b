/**
 * What those who observe a peer are told, and what is counted for them.
 *
 * @module
 */

import type { Message } from "../../codec/mod.ts";
import type { Observer, PeerEvent, Trace } from "../events.ts";
import type { PeerOptions } from "../peer_options.ts";

/** Tells the hooks of an application, whose failures must not end the conversation. */
export class Observation {
  /** Hears every message; `undefined` when nobody wants to. */
  readonly trace: Trace | undefined;
  readonly #observe: Observer | undefined;
  /** How many messages were sent. */
  messagesOut = 0;
  /** How many bytes were handed to the channel. */
  bytesOut = 0;
  /** How many messages of the other side were dropped. */
  dropped = 0;

  constructor({ observe, trace }: PeerOptions) {
    this.#observe = observe && harmless(observe);
    this.trace = trace && harmless(trace);
  }

  /** Tells that something happened. */
  emit(event: PeerEvent): void {
    if (event.type === "drop") this.dropped++;
    this.#observe?.(event);
  }

  /** Tells that a message was sent. */
  sent(message: Message): void {
    this.messagesOut++;
    this.trace?.("out", message);
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
