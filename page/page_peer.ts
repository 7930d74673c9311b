/**
 * Peers of a page, as the page sees them.
 *
 * @module
 */

import type { AnyContract, Contract } from "../peer/contract.ts";
import type { PeerState, PeerStats } from "../peer/peer_state.ts";
import type { Remote } from "../peer/remote.ts";
import type { RetryPolicy } from "../peer/call_options.ts";
import type { ReconnectOptions } from "../peer/reconnecting/reconnect_options.ts";
import type { PageOptions } from "./options.ts";

export type { RetryPolicy };

/** The counters of a peer of a page. */
export type PageStats = Pick<
  PeerStats,
  | "bytesIn"
  | "bytesOut"
  | "messagesIn"
  | "messagesOut"
  | "pending"
  | "running"
>;

/**
 * A peer of a page over one connection. It has the methods of every peer; see
 * `Remote`. The streams of its calls are no byte streams, so they cannot read
 * into a buffer of the reader.
 */
export interface PagePeer<Offered extends Contract = AnyContract>
  extends Omit<Remote<Offered, undefined>, "stats"> {
  /** Counters since the connection was opened. */
  readonly stats: PageStats;
  /** Resolves when the server has sent its protocol version. Rejects with what ended the conversation before that. */
  readonly opened: Promise<void>;
}

/**
 * A peer of a page over one connection after the other, like `ReconnectingPeer`
 * of the main entry.
 */
export interface ReconnectingPagePeer<Offered extends Contract = AnyContract>
  extends Omit<Remote<Offered, undefined>, "stats"> {
  /** Counters of the current connection, and of calls that wait for one. */
  readonly stats: PageStats;
  /** The peer of the current connection; `undefined` while there is none. */
  readonly current: PagePeer<Offered> | undefined;
}

/** An event of the connections of a page. */
export type PageConnectionEvent =
  /** A connection is being opened. `attempt` counts from the last one that lasted. */
  | { readonly type: "connecting"; readonly attempt: number }
  /** A connection is ready, and queued calls are sent. */
  | { readonly type: "connected"; readonly peer: PagePeer }
  /**
   * There is no connection; the next attempt follows after `delay`
   * milliseconds, and sooner if the page comes online or is shown again.
   * `error` is why, if it is known.
   */
  | {
    readonly type: "waiting";
    readonly delay: number;
    readonly error: unknown;
  }
  /** No further attempts follow. */
  | { readonly type: "closed"; readonly error: unknown };

/**
 * Options of `reconnect` in a page. Those for the delays and the queue have the
 * same meaning and defaults as in other programs.
 */
export interface PageReconnectOptions extends
  PageOptions,
  Pick<
    ReconnectOptions,
    | "initialDelay"
    | "isFinal"
    | "maxAttempts"
    | "maxCallAttempts"
    | "maxDelay"
    | "maxQueuedCallBytes"
    | "maxQueuedCalls"
    | "onlineEvents"
    | "queueTimeout"
  > {
  /**
   * Called on each new connection before queued calls are sent: to log in or
   * subscribe, by the peer that it receives: calls of the reconnecting peer wait
   * until it has settled. If it fails, the connection is closed; an
   * `OperationError` is final.
   */
  readonly onConnect?: ((peer: PagePeer) => unknown) | undefined;
  /** Receives the events of the connections: for what the page shows of them. */
  readonly onConnectionEvent?:
    | ((event: PageConnectionEvent) => unknown)
    | undefined;
}

export type { PeerState };
