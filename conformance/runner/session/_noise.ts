/**
 * What is passed over by those who do not name it: heartbeats and WebSocket's control frames.
 *
 * @module
 */

import { toBytes } from "../cases/bytes.ts";
import type { Expectation } from "../cases/case.ts";
import { next, type Position, type Surroundings } from "./_attempt.ts";
import type { Item } from "./_inbox.ts";

/** Whether an item is part of how a connection is ended. */
export function isEnding(item: Item): boolean {
  return item.type === "end" ||
    item.type === "message" && item.message.kind === "ProtocolError";
}

/** Whether an item is passed over by who does not name it. */
export function isNoise(item: Item, wanted: Expectation | undefined): boolean {
  if (item.type === "control") {
    return wanted === undefined || !("frame" in wanted) ||
      wanted.frame.type !== item.frame;
  }
  if (item.type !== "message" || item.message.kind !== "Heartbeat") {
    return false;
  }
  if (wanted === undefined) return true;
  if ("message" in wanted) return wanted.message.kind !== "Heartbeat";
  const bytes = "bytes" in wanted
    ? wanted.bytes
    : "frame" in wanted
    ? wanted.frame.data
    : undefined;
  return bytes === undefined || toBytes(bytes)[0] !== LETTER_H;
}

/** The letter of a heartbeat. */
export const LETTER_H = 0x68;

/** Passes over what the expectation does not name. */
export function pass(
  wanted: Expectation | undefined,
  from: Position,
  { inbox }: Surroundings,
): Position {
  let position = from;
  for (;;) {
    const item = inbox.at(position.cursor);
    if (item === undefined) return position;
    const { skip } = position.cursor;
    const isRead = skip > 0 && "bytes" in item && skip >= item.bytes.length;
    if (!isRead && (skip > 0 || !isNoise(item, wanted))) return position;
    position = next(position);
  }
}
