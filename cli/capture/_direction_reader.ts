/**
 * One direction of a captured conversation, without what is around it.
 *
 * @module
 */

import { headOf, textOf } from "./_carrier.ts";
import {
  beginsConversation,
  beginsWithMessage,
  count,
  MessageReader,
  type ReadPiece,
} from "./_message_reader.ts";
import { frameData, WebSocketBytes } from "./_websocket_bytes.ts";

/** Reads the messages of one direction, over WebSocket or as they are. */
export class DirectionReader {
  readonly #messages: MessageReader;
  readonly #isWebSocket: boolean;
  #frames: WebSocketBytes | undefined;
  /** The head of the handshake as far as it came; `undefined` behind it. */
  #head: string | undefined;
  #skipped = 0;
  #hasEnded = false;

  /** Creates a reader. */
  constructor(
    { isWebSocket, hasHandshake, hasStart }: {
      readonly isWebSocket: boolean;
      readonly hasHandshake: boolean;
      readonly hasStart: boolean;
    },
  ) {
    this.#messages = new MessageReader({ hasStart: hasStart || hasHandshake });
    this.#isWebSocket = isWebSocket;
    this.#head = hasHandshake ? "" : undefined;
    if (hasHandshake) this.#frames = new WebSocketBytes();
  }

  /** The messages. */
  get messages(): MessageReader {
    return this.#messages;
  }

  /** Goes on where a message begins, since bytes are missing. */
  resume(version: MessageReader["version"]): void {
    this.#head = undefined;
    this.#frames = undefined;
    this.#messages.resume(version);
  }

  /** Takes the next bytes. */
  *push(bytes: Uint8Array): Generator<ReadPiece> {
    if (this.#hasEnded) return;
    if (!this.#isWebSocket) return yield* this.#messages.push(bytes);
    let rest = bytes;
    if (this.#head !== undefined) {
      const before = this.#head.length;
      this.#head += textOf(bytes);
      const head = headOf(this.#head);
      if (head === undefined) return;
      this.#head = undefined;
      rest = bytes.subarray(head.length - before);
    }
    if (this.#frames === undefined) {
      const data = frameData(bytes);
      if (
        data === undefined || !beginsWithMessage(data, this.#messages.version)
      ) {
        this.#skipped += bytes.length;
        return;
      }
      if (this.#skipped > 0) {
        yield { remark: `skipped ${count(this.#skipped)}` };
        this.#skipped = 0;
      }
      this.#frames = new WebSocketBytes();
    }
    yield* this.#pushFrames(rest);
  }

  /** Whether the data of a frame begins with a message, or the conversation. */
  #begins(data: Uint8Array): boolean {
    const { version } = this.#messages;
    return beginsWithMessage(data, version) ||
      (version === undefined && beginsConversation(data));
  }

  *#pushFrames(bytes: Uint8Array): Generator<ReadPiece> {
    try {
      for (const piece of this.#frames!.push(bytes)) {
        if ("bytes" in piece) {
          yield* this.#messages.push(piece.bytes);
          continue;
        }
        yield* this.#end(true);
        yield {
          remark: piece.closed === undefined
            ? "closed"
            : `closed with ${piece.closed}`,
        };
        return;
      }
    } catch (error) {
      this.#hasEnded = true;
      yield { remark: (error as Error).message, isFault: true };
    }
  }

  /** Ends; a message that is cut is malformed if the direction has ended. */
  *end(isComplete: boolean): Generator<ReadPiece> {
    if (this.#hasEnded) return;
    // A WebSocket ends by a close frame, and any other way is not complete.
    yield* this.#end(isComplete && !this.#isWebSocket);
    if (isComplete) yield { remark: "end" };
  }

  *#end(isComplete: boolean): Generator<ReadPiece> {
    this.#hasEnded = true;
    yield* this.#messages.end(isComplete);
  }
}
