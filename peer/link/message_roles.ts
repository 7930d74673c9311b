/**
 * What the kinds of messages are to a reader.
 *
 * @module
 */

import {
  type Header,
  isReservedName,
  type MessageKind,
} from "../../codec/mod.ts";

/** Notifications of extensions are handled up to this size also while memory is short: they release it, and none is repeated. */
const SMALL_EXTENSION = 1024;

/** Whether a message begins work that can be refused. */
export function beginsWork(kind: MessageKind): boolean {
  switch (kind) {
    case "SingleRequest":
    case "StreamRequest":
    case "Notification":
      return true;
    case "StreamRequestPart":
    case "SingleResult":
    case "StreamResult":
    case "ErrorResult":
    case "RetryResult":
    case "Heartbeat":
    case "ProtocolError":
      return false;
    // deno-coverage-ignore-start
    default:
      return kind satisfies never;
      // deno-coverage-ignore-stop
  }
}

/** Whether the message is the whole answer to a request, or the end of it. */
export function isAnswer(kind: MessageKind): boolean {
  switch (kind) {
    case "SingleResult":
    case "ErrorResult":
    case "RetryResult":
      return true;
    case "StreamResult":
    case "SingleRequest":
    case "StreamRequest":
    case "StreamRequestPart":
    case "Notification":
    case "Heartbeat":
    case "ProtocolError":
      return false;
    // deno-coverage-ignore-start
    default:
      return kind satisfies never;
      // deno-coverage-ignore-stop
  }
}

/** Whether the payload is data of a stream, of which only copies are kept. */
export function isStreamData(kind: MessageKind): boolean {
  switch (kind) {
    case "StreamRequest":
    case "StreamRequestPart":
    case "StreamResult":
      return true;
    case "SingleRequest":
    case "SingleResult":
    case "ErrorResult":
    case "RetryResult":
    case "Notification":
    case "Heartbeat":
    case "ProtocolError":
      return false;
    // deno-coverage-ignore-start
    default:
      return kind satisfies never;
      // deno-coverage-ignore-stop
  }
}

/** Whether a message is a small notification of an extension. */
export function isSmallExtension({ kind, name, size }: Header): boolean {
  return kind === "Notification" && size <= SMALL_EXTENSION &&
    isReservedName(name);
}
