/**
 * Agreement to merge the messages of a WebSocket.
 *
 * @module
 */

import { isBytesPayload, type MessageKind } from "../../../codec/mod.ts";
import type { DropReason } from "../../events.ts";

/** What is needed of the link. */
export interface ByteStreamLink {
  readonly isAcceptor: boolean;
  readonly channel: { mergeUnits?(): void };
  drop(kind: MessageKind, reason: DropReason): void;
  countUnproductive(): void;
}

/** Merges what leaves together once the remote peer has reported that it reads messages as one byte stream. */
export class ByteStream {
  readonly #link: ByteStreamLink;
  readonly #answer: () => void;
  #isKnown = false;

  /** Waits for the report. `answer` sends that of the local peer. */
  constructor(link: ByteStreamLink, answer: () => void) {
    this.#link = link;
    this.#answer = answer;
  }

  /** Whether the remote peer has reported it. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** Receives the payload of a notification. An acceptor answers it, once (extension/bytes-answer). */
  received(payload: Uint8Array): void {
    const { channel, isAcceptor } = this.#link;
    const isWanted = channel.mergeUnits !== undefined && !this.#isKnown;
    if (!isBytesPayload(payload)) {
      this.#link.drop("Notification", "malformed");
    } else if (isWanted) {
      this.#isKnown = true;
      if (isAcceptor) this.#answer();
      return channel.mergeUnits!();
    }
    // extension/bytes-elsewhere, extension/rate
    this.#link.countUnproductive();
  }
}
