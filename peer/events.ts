/**
 * What an application can observe of a peer.
 *
 * @module
 */

import type { Message, MessageKind, ValidationError } from "../codec/mod.ts";
import type { LimitName } from "./limits.ts";
import type { PeerState } from "./peer_state.ts";
import type { Remote } from "./remote.ts";

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
 * An event of a peer. `operation` and `reason` are safe to print: unprintable
 * characters that the remote peer chose are escaped.
 */
export type PeerEvent = PeerEventDetails & {
  /**
   * The peer that reports the event: `id`, `info.remote` (the address) and
   * `auth` tell it from others. The peer of the connection, also if it belongs
   * to a `ReconnectingPeer`.
   */
  readonly peer: Remote;
};

/** What an event reports. */
export type PeerEventDetails =
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
  /** A limit refused an incoming request or notification, ended an incoming stream, discarded a result, or has a handler run without its place. */
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
  /**
   * A handler failed unexpectedly; the remote peer received no details. Also
   * reported if nothing awaits the handler any more, unless it only passes on why
   * its signal was aborted. Printed
   * with `console.error` if there is no `onEvent`: 25 at once, and then one in a
   * second, which reports how many were not printed.
   */
  | {
    readonly type: "handler-error";
    readonly operation: string;
    readonly error: unknown;
  }
  /**
   * A function of the options failed, such as `onMessage`: it threw, or returned
   * a promise that rejected; or the `values` of a call did, after it had ended. Only the first failure of each is reported. Printed
   * with `console.error` if there is no `onEvent`, or if that is what failed.
   */
  | {
    readonly type: "hook-error";
    readonly hook: HookName;
    readonly error: unknown;
  }
  /** The remote peer cancelled a request that was being handled, for a reason that may be empty. */
  | {
    readonly type: "cancel";
    readonly operation: string;
    readonly reason: string;
  }
  /** The remote peer takes no new requests, for a reason that may be empty: what runs is completed, and new calls fail. */
  | { readonly type: "drain"; readonly reason: string }
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
  /** A notification of an extension that makes no sense. */
  | "malformed"
  /** A notification while the peer drains, and awaits the handlers of others. */
  | "draining"
  /** A notification beyond `maxConcurrentNotifications` or `maxAbandonedHandlers`, or beyond what an extension allows. */
  | "too-many"
  /** A notification beyond `maxHeldBytes`, or `maxTotalHeldBytes` of the server. */
  | "too-much-held"
  /** A notification larger than `maxPayloadBytes`, or whose JSON exceeds `maxJsonBytes`, `maxJsonDepth` or `maxJsonKeys`. */
  | "too-large";

/** A function of the options that does not decide how a conversation goes on: its failure is reported, nothing else. */
export type HookName =
  | "clock"
  | "isFinal"
  | "load"
  | "onConnect"
  | "onConnectionEvent"
  | "onEvent"
  | "onMessage"
  | "onPeer"
  | "random"
  | "telemetry"
  | "values";

/**
 * Receives the events of a peer. What it throws or rejects with is printed once
 * with `console.error`.
 */
export type PeerObserver = (event: PeerEvent) => unknown;

/**
 * Receives every message of a connection, in order, before it is acted on, and
 * the peer that sends or receives it. If it fails, the first failure is reported
 * as an event.
 */
export type MessageObserver = (
  direction: "in" | "out",
  message: Message,
  peer: Remote,
) => unknown;
