/**
 * The messages of recorded bytes.
 *
 * @module
 */

import {
  Decoder,
  type Message,
  type ProtocolVersion,
  type RequestId,
  VersionReader,
} from "@gotalk/gotalk/codec";
import { LARGEST_PAYLOAD } from "../largest_payload.ts";

/** A message, and the version that decides how it is written. */
export interface RecordedMessage {
  readonly message: Message;
  readonly version: ProtocolVersion;
}

/**
 * Yields the messages of one direction of a connection, which begins with the
 * version of the protocol.
 *
 * @throws {ProtocolError} If it is malformed, or ends within a message.
 */
export async function* recordedMessages(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<RecordedMessage, void, undefined> {
  const reader = new VersionReader(["01", "00"]);
  let decoder: Decoder | undefined;
  for await (const chunk of chunks) {
    let rest = chunk;
    if (decoder === undefined) {
      rest = chunk.subarray(reader.push(chunk));
      if (reader.error !== undefined) throw reader.error;
      if (reader.version === undefined) continue;
      decoder = new Decoder({
        version: reader.version,
        maxPayloadBytes: LARGEST_PAYLOAD,
        offset: 2,
      });
    }
    if (rest.length > 0) decoder.push(rest);
    for (;;) {
      const message = decoder.read();
      if (message === undefined) break;
      yield { message, version: reader.version! };
    }
  }
  if (decoder === undefined) reader.end();
  else decoder.end();
}

/** Which recording a message is from. */
export type Direction = ">" | "<";

/** A message of a conversation. */
export interface ConversationMessage extends RecordedMessage {
  readonly direction: Direction;
}

/**
 * Merges the two directions of a connection. Recorded bytes have no times: an
 * answer follows its request as soon as it can.
 */
export async function* conversation(
  sent: AsyncIterator<RecordedMessage>,
  received: AsyncIterator<RecordedMessage>,
): AsyncGenerator<ConversationMessage, void, undefined> {
  const sides = [new Side(">", sent), new Side("<", received)] as const;
  await Promise.all(sides.map((side) => side.advance()));
  for (;;) {
    const side = next(sides);
    if (side?.head === undefined) return;
    yield { ...side.head, direction: side.direction };
    const [first, second] = sides;
    side.note(side.head.message, side === first ? second : first);
    await side.advance();
  }
}

/** Chooses where the next message is from: an answer that is due, or what is no answer. */
function next(
  [first, second]: readonly [Side, Side],
): Side | undefined {
  if (second.hasAnswer(first)) return second;
  if (first.hasAnswer(second)) return first;
  const sides = [first, second].filter(({ head }) => head !== undefined);
  return sides.find(({ head }) => !isResult(head!.message)) ?? sides[0];
}

/** One direction of a conversation. */
class Side {
  readonly direction: Direction;
  readonly #messages: AsyncIterator<RecordedMessage>;
  /** How many requests with an ID were sent and not answered. */
  readonly #open = new Map<RequestId, number>();
  /** The next message; `undefined` at the end. */
  head: RecordedMessage | undefined;

  constructor(direction: Direction, messages: AsyncIterator<RecordedMessage>) {
    this.direction = direction;
    this.#messages = messages;
  }

  async advance(): Promise<void> {
    const { done, value } = await this.#messages.next();
    this.head = done ? undefined : value;
  }

  /** Whether the next message answers a request of the other side. */
  hasAnswer(other: Side): boolean {
    const message = this.head?.message;
    return message !== undefined && isResult(message) &&
      (other.#open.get(message.id) ?? 0) > 0;
  }

  /** Counts a message of this side. */
  note(message: Message, other: Side): void {
    if (message.kind === "SingleRequest" || message.kind === "StreamRequest") {
      this.#open.set(message.id, (this.#open.get(message.id) ?? 0) + 1);
    }
    if (isResult(message) && isLast(message)) {
      other.#open.set(message.id, (other.#open.get(message.id) ?? 1) - 1);
    }
  }
}

type Result = Extract<Message, { kind: `${string}Result` }>;

function isResult(message: Message): message is Result {
  return message.kind.endsWith("Result");
}

function isLast({ kind, payload }: Result): boolean {
  return kind !== "StreamResult" || payload.length === 0;
}
