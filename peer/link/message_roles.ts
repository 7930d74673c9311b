/**
 * What the kinds of messages are to a reader.
 *
 * @module
 */

import type { MessageKind } from "../../codec/mod.ts";

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
