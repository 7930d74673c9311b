/**
 * What can be observed of a peer.
 *
 * @module
 */

import type { Message, MessageKind } from "../codec/mod.ts";
import type { ChannelEnd } from "../transport/channel.ts";

/** Where a conversation stands. */
export type PeerState =
  /** The other side's version has not come yet, or the login that is asked of it. */
  | "opening"
  /** Both sides talk. */
  | "open"
  /** Running calls finish; new ones are refused. */
  | "draining"
  /** What was said is being delivered, then the connection ends. */
  | "closing"
  /** The connection has ended. */
  | "closed";

/** Something that happened in a peer. */
export type PeerEvent =
  /** The conversation is in another state. */
  | { readonly type: "state"; readonly state: PeerState }
  /** The other side told that it is alive. */
  | { readonly type: "heartbeat"; readonly load: number; readonly time: number }
  /** A message of the other side was dropped. */
  | {
    readonly type: "drop";
    readonly kind: MessageKind;
    readonly reason: DropReason;
  }
  /** A limit refused a request of the other side, or ended its stream; `limit` is `"login"` when it has not logged in. */
  | {
    readonly type: "refusal";
    readonly operation: string;
    readonly limit: string;
  }
  /** A handler failed in a way that it did not choose; the other side was told no details. */
  | {
    readonly type: "handler-error";
    readonly operation: string;
    readonly error: unknown;
  }
  /** The other side asked to try again, and the call does so after a while. */
  | {
    readonly type: "retry";
    readonly operation: string;
    readonly attempt: number;
    readonly wait: number;
  };

/** Why a message was dropped. */
export type DropReason =
  /** It answers no call of this side. */
  | "no-such-call"
  /** It answers a call that was given up. */
  | "call-abandoned"
  /** The stream that it belongs to has ended, been answered, or been refused. */
  | "stream-ended"
  /** No handler has this name. */
  | "no-handler"
  /** The other side has not logged in. */
  | "not-authenticated"
  /** Too many notifications are being handled. */
  | "too-many"
  /** The payload is larger than `maxPayloadBytes`. */
  | "too-large";

/** Hears what happens in a peer. What it throws is ignored. */
export type PeerObserver = (event: PeerEvent) => void;

/** Hears every message that crosses the connection, in order, before it is acted on. What it throws is ignored. */
export type MessageObserver = (
  direction: "in" | "out",
  message: Message,
) => void;

/** What a peer has counted since it began. */
export interface PeerStats {
  /** Messages that were received. */
  readonly messagesIn: number;
  /** Messages that were sent. */
  readonly messagesOut: number;
  /** Bytes that were received. */
  readonly bytesIn: number;
  /** Bytes that were handed to the channel. */
  readonly bytesOut: number;
  /** Messages of the other side that were dropped. */
  readonly dropped: number;
  /** Calls of this side that wait for an answer. */
  readonly pending: number;
  /** Requests of the other side that are being handled. */
  readonly running: number;
}

/** How a conversation ended. */
export interface CloseInfo {
  /** Whether it ended because one side was done, and nothing broke. */
  readonly clean: boolean;
  /** What broke it; `undefined` when nothing did. */
  readonly error: unknown;
  /** How the channel ended. */
  readonly channel: ChannelEnd;
}
