/**
 * The state of a peer: its phase, its counters, and how it ended.
 *
 * @module
 */

import type { ChannelEnd } from "../transport/channel.ts";

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
  /** Incoming requests that the remote peer cancelled while they were being handled. */
  readonly cancelsIn: number;
  /** Calls that were cancelled after their requests had been sent, and reported to the remote peer. */
  readonly cancelsOut: number;
  /** Received credits that let streams of the local peer send more. */
  readonly creditsIn: number;
  /** Credits sent, which let streams of the remote peer send more. */
  readonly creditsOut: number;
  /** Calls that have not settled. */
  readonly pending: number;
  /** Incoming requests that are being handled. */
  readonly running: number;
  /**
   * Handlers that run although nothing awaits them any more: they took longer
   * than `handlerTimeout`, or their stream or connection has ended.
   */
  readonly abandoned: number;
  /**
   * The round-trip time in milliseconds: the least time from a request to its
   * result of the latest calls that were measured, about one of 16, so that the
   * time of handlers hardly counts; `undefined` before the first result.
   */
  readonly roundTripTime: number | undefined;
  /**
   * How far the remote peer's clock is ahead of the local one, in milliseconds,
   * estimated from its heartbeats; `undefined` before the first one. Heartbeats
   * have whole seconds: the error is at most half a second, and less after more
   * of them.
   */
  readonly clockOffset: number | undefined;
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
