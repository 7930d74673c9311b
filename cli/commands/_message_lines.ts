/**
 * Messages as lines.
 *
 * @module
 */

import {
  describe,
  type Message,
  type ProtocolVersion,
  requestIdBytes,
} from "@gotalk/gotalk/codec";
import { type Shown, shown } from "../output.ts";

/** How lines look. */
export interface LineOptions {
  /** Whether each is a JSON object. */
  readonly isJson: boolean;
  readonly hasColors: boolean;
  /** How much of each payload is shown, in bytes. */
  readonly maxPayloadBytes: number;
}

/** A message, and what is known of it. */
export interface LineMessage {
  readonly message: Message;
  readonly version: ProtocolVersion;
  /** The direction; `#` for a remark. */
  readonly direction: string;
  /** The number of the connection, and the time in milliseconds. */
  readonly connection?: number;
  readonly time?: number;
}

/** Returns a message as JSON. A name that is not UTF-8 is an object with its bytes in base64. */
export function jsonLine(
  { message, version, connection, time, direction }: LineMessage,
): string {
  return JSON.stringify({
    ...connection !== undefined && { connection },
    ...time !== undefined && { time: rounded(time) },
    direction,
    version,
    ...message,
    ..."id" in message && {
      id: String.fromCharCode(...requestIdBytes(message.id, version)),
    },
    ..."name" in message && { name: nameOf(message.name) },
    ..."operation" in message && { operation: nameOf(message.operation) },
    ..."payload" in message && { payload: shown(message.payload, "json") },
  });
}

function nameOf(name: string | Uint8Array): string | Shown {
  return typeof name === "string" ? name : shown(name, "bytes");
}

/** Returns a message as words. */
export function wordsLine(
  { message, version, direction }: LineMessage,
  { hasColors, maxPayloadBytes }: LineOptions,
  isMarked = true,
): string {
  const words = describe(message, { version, maxPayloadBytes });
  if (!isMarked) return words;
  const line = `${direction} ${words}`;
  return hasColors ? colored(line, direction) : line;
}

/** Returns a line in the colour of its direction. */
export function colored(line: string, direction: string): string {
  const color = { ">": 36, "<": 33 }[direction];
  return color === undefined ? line : `\x1b[${color}m${line}\x1b[39m`;
}

/** Returns milliseconds with three digits behind the point. */
export function rounded(time: number): number {
  return Math.round(time * 1000) / 1000;
}
