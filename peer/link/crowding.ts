/**
 * Reading from a channel that is crowded.
 *
 * @module
 */

import type { MessageKind } from "../../codec/mod.ts";
import type { Channel } from "../../transport/channel.ts";
import { turns } from "../../transport/turns.ts";
import { beginsWork } from "./message_roles.ts";

/**
 * What all connections together may read without turns until the system is
 * polled, in bytes. Nothing else runs meanwhile.
 */
const MOST_WITHOUT_TURNS = 64 * 1024 * 1024;

/**
 * What a message costs in addition to its bytes, in bytes: Deno 2.9.6 takes
 * about 10 µs to deliver one over a WebSocket, as for 4 KiB of a large one, and
 * nothing else runs meanwhile.
 */
const COST_OF_MESSAGE = 4 * 1024;

/** What a message that begins work costs, in bytes: a few among the data of a stream do no harm, a flood of them waits for its turns. */
const COST_OF_WORK = 1024 * 1024;

/** What was read without turns since the system was polled, in bytes. */
const used = { bytes: 0, poll: -1 };

/**
 * Reads without turns while a channel that cannot hold the remote side back is
 * crowded.
 *
 * Deno 2.9.6 delivers the messages of a WebSocket that have arrived without a
 * round of the event loop in between, up to 16 MiB of them, and polls the system
 * after 61 rounds: a reader that waits for its turn would find the channel
 * broken. So the data of streams is read at once, and the stream that has too
 * much of it ends alone (extension/credit-exceeded). What else floods the
 * channel waits for its turn, and so does data without an end.
 */
export class Crowding {
  readonly #channel: Channel;
  readonly #next: () => Promise<void>;
  #isCrowded = false;
  /** The turn that is waited for, now or while messages are read without one. */
  #turn: Promise<void> | undefined;
  #endWait: (() => void) | undefined;

  /** Creates the state of a channel that is not crowded; `next` waits for a turn. */
  constructor(channel: Channel, next: () => Promise<void>) {
    this.#channel = channel;
    this.#next = next;
  }

  /** Whether messages are read without a turn. */
  get isUrgent(): boolean {
    return this.#isCrowded && used.bytes < MOST_WITHOUT_TURNS;
  }

  /** Records that the channel is crowded, which ends {@linkcode wait}. */
  begin(): void {
    this.#isCrowded = true;
    // Polls are those of the system only while a turn is waited for.
    this.#awaitTurn();
    if (turns.polls !== used.poll) {
      used.poll = turns.polls;
      used.bytes = 0;
    }
    if (this.isUrgent) this.#endWait?.();
  }

  /** Returns the next chunk of a crowded channel at once; `undefined` once all have been read. */
  next(): Uint8Array | undefined {
    if (!this.#isCrowded) return undefined;
    const chunk = this.#channel.readQueued?.();
    this.#isCrowded = chunk !== undefined;
    used.bytes += chunk?.byteLength ?? 0;
    return chunk;
  }

  /** Records a message. */
  handled(kind: MessageKind): void {
    if (!this.#isCrowded) return;
    used.bytes += beginsWork(kind) ? COST_OF_WORK : COST_OF_MESSAGE;
  }

  /** Waits for a turn, or until messages are read without one. */
  wait(): Promise<void> {
    this.#awaitTurn();
    return new Promise((resolve) => this.#endWait = resolve);
  }

  #awaitTurn(): void {
    this.#turn ??= this.#next().then(() => {
      this.#turn = undefined;
      this.#endWait?.();
    });
  }
}
