/**
 * The observers of a peer, and what is counted for them.
 * Internal to the package.
 *
 * @module
 */

import type { Message } from "../codec/mod.ts";
import { printFailure } from "../quoting/print_failure.ts";
import { escapeUnprintable } from "../quoting/quote.ts";
import type {
  HookName,
  MessageObserver,
  PeerEvent,
  PeerEventDetails,
  PeerObserver,
} from "./events.ts";
import { type HookFailures, lookAfter } from "./hooks.ts";
import type { Remote } from "./remote.ts";

/** Calls the observers of a peer. */
export class Observers implements HookFailures {
  readonly #peer: Remote;
  readonly #onEvent: PeerObserver | undefined;
  readonly #onMessage: MessageObserver | undefined;
  /** The hooks whose failures have been reported. */
  #failedHooks: Set<HookName> | undefined;
  /** Number of messages sent. */
  messagesOut = 0;
  /** Number of received messages that were dropped. */
  dropped = 0;
  /** Number of notifications that were dropped before they were sent. */
  unsent = 0;

  /** Creates the observers of one peer. */
  constructor(
    peer: Remote,
    onEvent: PeerObserver | undefined,
    onMessage: MessageObserver | undefined,
  ) {
    this.#peer = peer;
    this.#onEvent = onEvent;
    this.#onMessage = onMessage;
  }

  /** Whether there is an observer of messages, which may keep what it receives. */
  get observesMessages(): boolean {
    return this.#onMessage !== undefined;
  }

  /** Reports an event, which must be a new object: it becomes that of the peer. */
  emit(event: PeerEventDetails): void {
    if (event.type === "drop") this.dropped++;
    if (event.type === "unsent") this.unsent++;
    const onEvent = this.#onEvent;
    if (onEvent === undefined) return this.#print(event);
    // Not a copy: remote peers cause events.
    const whole: PeerEvent = Object.assign(event, { peer: this.#peer });
    try {
      lookAfter("onEvent", this, onEvent(whole));
    } catch (error) {
      this.hookFailed("onEvent", error);
    }
  }

  /** Reports and counts a message that is being sent. */
  sent(message: Message): void {
    this.messagesOut++;
    if (this.#onMessage !== undefined) this.#message("out", message);
  }

  /** Reports a message that was received. */
  received(message: Message): void {
    if (this.#onMessage !== undefined) this.#message("in", message);
  }

  /**
   * Reports the failure of a hook, if it is the first one. Later, since the
   * peer may not be complete yet.
   */
  hookFailed(hook: HookName, error: unknown): void {
    const failed = this.#failedHooks ??= new Set();
    if (failed.has(hook)) return;
    failed.add(hook);
    const event = { type: "hook-error", hook, error } as const;
    // An observer that has failed does not receive its own failure.
    queueMicrotask(() =>
      hook === "onEvent" ? this.#print(event) : this.emit(event)
    );
  }

  #message(direction: "in" | "out", message: Message): void {
    try {
      const outcome = this.#onMessage!(direction, message, this.#peer);
      lookAfter("onMessage", this, outcome);
    } catch (error) {
      this.hookFailed("onMessage", error);
    }
  }

  /** Prints a failure of the application that nobody observes. */
  #print(event: PeerEventDetails): void {
    if (event.type === "handler-error") {
      const { operation, error } = event;
      const what = () => `The handler of "${operation}" failed${this.#ofPeer}`;
      printFailure("handler", what, error);
    } else if (event.type === "hook-error") {
      const { hook, error } = event;
      const what = () => `The hook ${hook} failed${this.#ofPeer}`;
      printFailure("hook", what, error);
    }
  }

  get #ofPeer(): string {
    return ` (${nameOf(this.#peer)})`;
  }
}

/** Names a peer, by its number and address. */
function nameOf({ id, info }: Remote): string {
  const address = info?.remote;
  return address === undefined
    ? `peer ${id}`
    : `peer ${id}, ${escapeUnprintable(address)}`;
}
