/**
 * The messages of a recording in the order in which they were sent.
 *
 * @module
 */

import type { ByteReader } from "../capture/byte_reader.ts";
import { CapturedConversations } from "../capture/captured_conversations.ts";
import type { TimelineMessage } from "./messages.ts";

/** Which connection of a capture is replayed. */
export interface CaptureChoice {
  readonly port: number | undefined;
  /** The number of the connection, from 1. */
  readonly connection: number;
}

/** The messages of one connection of a capture. */
export class CaptureTimeline {
  readonly #capture: CapturedConversations;
  readonly #connection: number;
  #fault: string | undefined;
  #count = 0;

  /** Creates the timeline. */
  constructor(reader: ByteReader, { port, connection }: CaptureChoice) {
    this.#capture = new CapturedConversations(reader, { port });
    this.#connection = connection;
  }

  /** What is wrong with the connection in the capture, as far as it was read. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** The number of messages. */
  get count(): number {
    return this.#count;
  }

  /** The number of connections with Gotalk in the capture. */
  get connections(): number {
    return this.#capture.summary.conversations;
  }

  /**
   * Yields the messages.
   *
   * @throws {CaptureError} If the capture is broken or cut.
   */
  async *messages(): AsyncGenerator<TimelineMessage, void, undefined> {
    for await (const event of this.#capture.events()) {
      if (event.connection !== this.#connection) continue;
      const { time } = event;
      if ("message" in event) {
        this.#count++;
        yield { direction: event.by, message: event.message, time };
      } else if (event.isFault) this.#fault ??= event.remark;
    }
  }
}

/** Yields the messages as if each peer were the other one. */
export async function* reversed(
  timeline: AsyncIterable<TimelineMessage>,
): AsyncGenerator<TimelineMessage, void, undefined> {
  for await (const { direction, ...rest } of timeline) {
    yield { direction: direction === ">" ? "<" : ">", ...rest };
  }
}
