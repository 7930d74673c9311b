/**
 * Options and events of a peer that reconnects.
 *
 * @module
 */

import type { Peer } from "../peer.ts";
import type { PeerOptions } from "../peer_options.ts";
import type { Remote } from "../remote.ts";

/** An event of the connections of a `ReconnectingPeer`. */
export type ConnectionEvent = ConnectionEventDetails & {
  /** The peer that reconnects. */
  readonly remote: Remote;
};

/** What an event of a connection reports. */
export type ConnectionEventDetails =
  /** A connection is being opened. `attempt` counts from the last one that succeeded. */
  | { readonly type: "connecting"; readonly attempt: number }
  /** A connection is ready, and queued calls are sent. */
  | { readonly type: "connected"; readonly peer: Peer }
  /**
   * There is no connection; the next attempt follows after `delay`
   * milliseconds. `error` is why: what ended the connection or failed the
   * attempt. After an orderly end it is `undefined`, or for a WebSocket a
   * `WebSocketCloseError` with the close code.
   */
  | {
    readonly type: "waiting";
    readonly delay: number;
    readonly error: unknown;
  }
  /** No further attempts follow. */
  | { readonly type: "closed"; readonly error: unknown };

/** Options of a `ReconnectingPeer`. */
export interface ReconnectOptions extends PeerOptions {
  /**
   * Upper bound of the random delay after a connection has ended or an attempt
   * failed, in milliseconds; 500 by default. It doubles with each further
   * failure, and with each connection that ends within 2 seconds or the current
   * bound, whichever is longer. A connection that lasts longer resets it.
   */
  readonly initialDelay?: number | undefined;
  /** Upper bound that the delay never exceeds, in milliseconds; 30,000 by default. */
  readonly maxDelay?: number | undefined;
  /** Number of consecutive failures after which no further attempts follow; unlimited by default. */
  readonly maxAttempts?: number | undefined;
  /** Maximum number of calls and notifications queued while there is no connection; 100 by default. */
  readonly maxQueuedCalls?: number | undefined;
  /** Maximum total size of their payloads, in bytes; 1 MiB by default. */
  readonly maxQueuedCallBytes?: number | undefined;
  /**
   * Called on each new connection before queued calls are sent: to log in or
   * subscribe. If it fails, the connection is closed and the failure counts
   * towards `maxAttempts`; a `"waiting"` event has the error, or without
   * `onConnectionEvent` a `"hook-error"`.
   */
  readonly onConnect?: ((peer: Peer) => unknown) | undefined;
  /**
   * Receives the events of the connections. If it fails, the first failure is
   * reported as an event to `onEvent`.
   */
  readonly onConnectionEvent?:
    | ((event: ConnectionEvent) => unknown)
    | undefined;
}
