/**
 * What has arrived, as text for humans.
 *
 * @module
 */

import { describe, encode, type Message } from "@gotalk/gotalk/codec";
import { sameBytes, showBytes } from "../cases/bytes.ts";
import type { Item } from "./_inbox.ts";

/** An item as one line for humans. */
export function describeItem(item: Item): string {
  switch (item.type) {
    case "message":
      return describeAsWritten(item.message, item.bytes);
    case "version":
      return `version ${showBytes(item.bytes)}`;
    case "malformed":
      return `${item.bytes.length} bytes that are no message: ${
        showBytes(item.bytes)
      } (${item.why})`;
    case "control":
      return `WebSocket ${item.frame} ${showBytes(item.bytes)}`.trimEnd();
    case "fault":
      return `what WebSocket does not allow: ${item.why}`;
    case "end":
      if (item.how !== "close") return `the end: ${item.how}`;
      return `the end: WebSocket close${
        item.code === undefined ? " without a code" : ` ${item.code}`
      }`;
  }
}

/** A message, and its header where that has upper-case digits, which the description does not show. */
function describeAsWritten(message: Message, bytes: Uint8Array): string {
  const text = describe(message);
  const [header = new Uint8Array(0)] = encode(message);
  const written = bytes.subarray(0, header.length);
  return sameBytes(header, written)
    ? text
    : `${text}, its header written "${showBytes(written)}"`;
}
