/**
 * The ten kinds of message.
 *
 * @module
 */

import type { Name } from "./name.ts";
import type { RequestId } from "./request_id.ts";

/** Asks for an operation with one payload: `r`. */
export interface SingleRequest {
  /** The kind of message. */
  readonly kind: "SingleRequest";
  /** Identifies the request in its results. */
  readonly id: RequestId;
  /** What is asked for. */
  readonly operation: Name;
  /** The input of the operation. */
  readonly payload: Uint8Array;
}

/** Opens a request whose input comes in parts: `s`. Its payload is the first part, or nothing when empty. */
export interface StreamRequest {
  /** The kind of message. */
  readonly kind: "StreamRequest";
  /** Identifies the request in its parts and results. */
  readonly id: RequestId;
  /** What is asked for. */
  readonly operation: Name;
  /** The first part of the input; nothing yet when empty. */
  readonly payload: Uint8Array;
}

/** Continues the input of a {@linkcode StreamRequest}: `p`. An empty payload ends the input. */
export interface StreamRequestPart {
  /** The kind of message. */
  readonly kind: "StreamRequestPart";
  /** The request that it belongs to. */
  readonly id: RequestId;
  /** The next part of the input; the end of the input when empty. */
  readonly payload: Uint8Array;
}

/** Answers a request with one payload: `R`. */
export interface SingleResult {
  /** The kind of message. */
  readonly kind: "SingleResult";
  /** The request that it answers. */
  readonly id: RequestId;
  /** The output of the operation. */
  readonly payload: Uint8Array;
}

/** Answers a request with one part of several: `S`. An empty payload ends the answer. */
export interface StreamResult {
  /** The kind of message. */
  readonly kind: "StreamResult";
  /** The request that it answers. */
  readonly id: RequestId;
  /** The next part of the output; the end of the output when empty. */
  readonly payload: Uint8Array;
}

/** Answers that a request failed and should not be repeated as it is: `E`. */
export interface ErrorResult {
  /** The kind of message. */
  readonly kind: "ErrorResult";
  /** The request that it answers. */
  readonly id: RequestId;
  /** Why, as UTF-8 text by custom. */
  readonly payload: Uint8Array;
}

/** Answers that a request was not carried out and may be repeated after a while: `e`. */
export interface RetryResult {
  /** The kind of message. */
  readonly kind: "RetryResult";
  /** The request that it answers. */
  readonly id: RequestId;
  /** How long to wait before asking again, in milliseconds, 0 to 4,294,967,295. */
  readonly wait: number;
  /** Why, as UTF-8 text by custom. */
  readonly payload: Uint8Array;
}

/** Tells something that is never answered: `n`. */
export interface Notification {
  /** The kind of message. */
  readonly kind: "Notification";
  /** What it is about. */
  readonly name: Name;
  /** What there is to say. */
  readonly payload: Uint8Array;
}

/** Tells that the sender is alive, and how busy: `h`. */
export interface Heartbeat {
  /** The kind of message. */
  readonly kind: "Heartbeat";
  /** How busy the sender is: 0 is idle, 65,535 is about to break down. */
  readonly load: number;
  /** The sender's clock: seconds since 1970-01-01 UTC, 0 to 4,294,967,295. */
  readonly time: number;
}

/** Tells why the sender ends the conversation: `f`. The error class of that name is what is thrown. */
export interface ProtocolErrorMessage {
  /** The kind of message. */
  readonly kind: "ProtocolError";
  /** The reason: 0 to 3 are defined (see `ProtocolErrorCode`), up to 4,294,967,295 can be sent. */
  readonly code: number;
}

/** Any message of a conversation. Version 00 has no RetryResult, Heartbeat and ProtocolError. */
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

/** The name of a kind of message, as the protocol calls it. */
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
