/**
 * Messages of a recording that is replayed.
 *
 * @module
 */

import type { Message } from "@gotalk/gotalk/codec";

/** Which peer sends: `>` the one that is replayed, `<` the other. */
export type Direction = ">" | "<";

/** A message of a recording. */
export interface TimelineMessage {
  readonly direction: Direction;
  readonly message: Message;
  /** When, in milliseconds since any moment; `undefined` if that was not recorded. */
  readonly time: number | undefined;
}

/** A request. */
export type Request = Extract<Message, { kind: `${string}Request` }>;

/** A message of an answer. */
export type Result = Extract<Message, { kind: `${string}Result` }>;

/** Whether a message belongs to an answer. */
export function isResult(message: Message): message is Result {
  return message.kind.endsWith("Result");
}

/** Whether a message completes an answer. */
export function isLast({ kind, payload }: Result): boolean {
  return kind !== "StreamResult" || payload.length === 0;
}
