/**
 * What an application can observe of a peer.
 *
 * @module
 */

import type { Message, MessageKind, ValidationError } from "../codec/mod.ts";
import type { ChannelEnd } from "../transport/channel.ts";
import type { LimitName } from "./limits.ts";

/** The state of a conversation. */
export type PeerState =
  /** Awaits the version of the remote peer, and its login if there is one. */
  | "opening"
  /** Both peers send and receive. */
  | "open"
  /** Running calls finish; new ones are refused. A peer also drains once the remote peer has ended its direction. */
  | "draining"
  /** Flushes the write queue, then ends the connection. */
  | "closing"
  /** The connection has ended. */
  | "closed";

/**
 * Why a request was refused: the limit that it exceeds, `maxTotalHeldBytes` of
 * the server, the missing login, or that the peer is draining.
 */
export type RefusalLimit =
  | LimitName
  | "maxTotalHeldBytes"
  | "login"
  | "draining";

/**
 * An event of a peer. `operation` is safe to print: unprintable characters that
 * the remote peer chose are escaped.
 */
export type PeerEvent =
  /** The state of the conversation changed. */
  | { readonly type: "state"; readonly state: PeerState }
  /** The remote peer sent a heartbeat: `load` from 0 (idle) to 65,535, `time` in seconds since 1970-01-01 UTC. */
  | { readonly type: "heartbeat"; readonly load: number; readonly time: number }
  /** A message of the remote peer was dropped. */
  | {
    readonly type: "drop";
    readonly kind: MessageKind;
    readonly reason: DropReason;
  }
  /** A limit refused an incoming request or notification, ended an incoming stream, or discarded a result. */
  | {
    readonly type: "refusal";
    readonly operation: string;
    readonly limit: RefusalLimit;
  }
  /**
   * The input of a request or notification is malformed or was not accepted by
   * the validator of its handler; `error.issues` has all faults. A request was
   * answered with the message, a notification was ignored.
   */
  | {
    readonly type: "invalid-input";
    readonly operation: string;
    readonly error: ValidationError;
  }
  /**
   * A notification of the local peer was dropped before it was sent: the write
   * queue is full, since the remote peer reads too slowly, or, while a
   * `ReconnectingPeer` has no connection, its queue.
   */
  | {
    readonly type: "unsent";
    readonly operation: string;
    readonly limit:
      | "maxWriteQueueBytes"
      | "maxQueuedCalls"
      | "maxQueuedCallBytes";
  }
  /** A handler failed unexpectedly; the remote peer received no details. */
  | {
    readonly type: "handler-error";
    readonly operation: string;
    readonly error: unknown;
  }
  /** A call received a RetryResult and repeats its request after `wait` milliseconds. */
  | {
    readonly type: "retry";
    readonly operation: string;
    readonly attempt: number;
    readonly wait: number;
  };

/** Why a message was dropped. */
export type DropReason =
  /** A result whose request ID belongs to no call. */
  | "no-such-call"
  /** A result of a call that was abandoned. */
  | "call-abandoned"
  /** A part of a stream that has ended, been answered, or been refused. */
  | "stream-ended"
  /** A notification without a handler. */
  | "no-handler"
  /** A notification before the login. */
  | "not-authenticated"
  /** A notification beyond `maxConcurrentNotifications`. */
  | "too-many"
  /** A notification beyond `maxHeldBytes`, or `maxTotalHeldBytes` of the server. */
  | "too-much-held"
  /** A notification larger than `maxPayloadBytes`, or whose JSON exceeds `maxJsonBytes` or `maxJsonDepth`. */
  | "too-large";

/** Receives the events of a peer. What it throws is ignored. */
export type PeerObserver = (event: PeerEvent) => void;

/** Receives every message of a connection, in order, before it is acted on. What it throws is ignored. */
export type MessageObserver = (
  direction: "in" | "out",
  message: Message,
) => void;

/** The counters of a peer. */
export interface PeerStats {
  /** Messages received. */
  readonly messagesIn: number;
  /** Messages sent. */
  readonly messagesOut: number;
  /** Bytes received. */
  readonly bytesIn: number;
  /** Bytes passed to the channel. */
  readonly bytesOut: number;
  /** Received messages that were dropped. */
  readonly dropped: number;
  /** Notifications that were dropped before they were sent. */
  readonly unsent: number;
  /** Calls that have not settled. */
  readonly pending: number;
  /** Incoming requests that are being handled. */
  readonly running: number;
}

/** How a conversation ended. */
export interface CloseInfo {
  /** Whether one of the peers closed it and nothing failed. */
  readonly clean: boolean;
  /** What ended it; `undefined` after an orderly end. */
  readonly error: unknown;
  /** How the channel ended. */
  readonly channel: ChannelEnd;
}
