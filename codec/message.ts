/**
 * Messages of ten kinds.
 *
 * @module
 */

import type { Name } from "./name.ts";
import type { RequestId } from "./request_id.ts";

/** A request with one payload: `r`. */
export interface SingleRequest {
  /** The kind of the message. */
  readonly kind: "SingleRequest";
  /** Identifies the request in its results. */
  readonly id: RequestId;
  /** The operation requested. */
  readonly operation: Name;
  /** The input of the operation. */
  readonly payload: Uint8Array;
}

/**
 * The start of a request whose input is a stream: `s`. The payload is the first
 * data of the stream; an empty one is no data yet.
 */
export interface StreamRequest {
  /** The kind of the message. */
  readonly kind: "StreamRequest";
  /** Identifies the request in its parts and results. */
  readonly id: RequestId;
  /** The operation requested. */
  readonly operation: Name;
  /** The first data of the stream; no data yet if empty. */
  readonly payload: Uint8Array;
}

/**
 * The next part of a {@linkcode StreamRequest}: `p`. An empty payload ends the
 * stream.
 */
export interface StreamRequestPart {
  /** The kind of the message. */
  readonly kind: "StreamRequestPart";
  /** The ID of the request that it belongs to. */
  readonly id: RequestId;
  /** The next data of the stream; its end if empty. */
  readonly payload: Uint8Array;
}

/** The answer to a request in one payload: `R`. */
export interface SingleResult {
  /** The kind of the message. */
  readonly kind: "SingleResult";
  /** The ID of the request that it answers. */
  readonly id: RequestId;
  /** The output of the operation. */
  readonly payload: Uint8Array;
}

/** One part of an answer to a request: `S`. An empty payload ends the answer. */
export interface StreamResult {
  /** The kind of the message. */
  readonly kind: "StreamResult";
  /** The ID of the request that it answers. */
  readonly id: RequestId;
  /** The next part of the output; its end if empty. */
  readonly payload: Uint8Array;
}

/** The answer to a request that failed and should not be repeated as it is: `E`. */
export interface ErrorResult {
  /** The kind of the message. */
  readonly kind: "ErrorResult";
  /** The ID of the request that it answers. */
  readonly id: RequestId;
  /** The reason, by convention UTF-8 text. */
  readonly payload: Uint8Array;
}

/** The answer to a request that was not carried out and may be repeated later: `e`. */
export interface RetryResult {
  /** The kind of the message. */
  readonly kind: "RetryResult";
  /** The ID of the request that it answers. */
  readonly id: RequestId;
  /**
   * The time to wait before repeating the request, in milliseconds, 0 to
   * 4,294,967,295.
   */
  readonly wait: number;
  /** The reason, by convention UTF-8 text. */
  readonly payload: Uint8Array;
}

/** A message that is never answered: `n`. */
export interface Notification {
  /** The kind of the message. */
  readonly kind: "Notification";
  /** The name of the notification. */
  readonly name: Name;
  /** The content of the notification. */
  readonly payload: Uint8Array;
}

/** A sign of life, with the sender's load: `h`. */
export interface Heartbeat {
  /** The kind of the message. */
  readonly kind: "Heartbeat";
  /** The sender's load: from 0, idle, to 65,535, about to break down. */
  readonly load: number;
  /** The sender's clock: seconds since 1970-01-01 UTC, 0 to 4,294,967,295. */
  readonly time: number;
}

/**
 * The reason why the sender ends the conversation: `f`.
 *
 * Its kind is `"ProtocolError"`; the name of the interface sets it apart from
 * the error class.
 */
export interface ProtocolErrorMessage {
  /** The kind of the message. */
  readonly kind: "ProtocolError";
  /**
   * The reason: 0 to 3 are defined (see `ProtocolErrorCode`), others up to
   * 4,294,967,295 can be sent.
   */
  readonly code: number;
}

/**
 * Any message of a conversation.
 *
 * Version 00 has no RetryResult, Heartbeat and ProtocolError.
 */
export type Message =
  | SingleRequest
  | StreamRequest
  | StreamRequestPart
  | SingleResult
  | StreamResult
  | ErrorResult
  | RetryResult
  | Notification
  | Heartbeat
  | ProtocolErrorMessage;

/** The name of a kind of message. */
export type MessageKind = Message["kind"];

/** The fields of a kind of message, its kind left out; internal to the package. */
export type MessageField<Kind extends MessageKind = MessageKind> = Kind extends
  MessageKind ? Exclude<keyof Extract<Message, { readonly kind: Kind }>, "kind">
  : never;

/** All fields that any kind of message has; internal to the package. */
export type MessageFields = {
  readonly [Field in MessageField]: Extract<
    Message,
    { readonly [Key in Field]: unknown }
  >[Field];
};
