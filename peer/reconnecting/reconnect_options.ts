/**
 * Options and events of a peer that reconnects.
 *
 * @module
 */

import { checkFunctions } from "../checked_function.ts";
import type { Peer } from "../peer.ts";
import {
  checkOptionNames,
  type OptionNames,
} from "../../quoting/option_names.ts";
import { checkNumbers } from "../../transport/number_option.ts";
import {
  checkPeerOptions,
  PEER_OPTIONS,
  type PeerOptions,
} from "../peer_options.ts";
import type { Remote } from "../remote.ts";
import { LEAST } from "./reconnect_numbers.ts";

/** An event of the connections of a `ReconnectingPeer`. */
export type ConnectionEvent = ConnectionEventDetails & {
  /** The peer that reconnects. */
  readonly remote: Remote;
};

/** What an event of a connection reports. */
export type ConnectionEventDetails =
  /** A connection is being opened. `attempt` counts from the last one that lasted. */
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
  /**
   * Number of consecutive attempts after which no further ones follow: those
   * that failed, and those whose connection did not last; see `initialDelay`.
   * Unlimited by default.
   */
  readonly maxAttempts?: number | undefined;
  /**
   * Decides whether a failure to connect is final: no further attempts follow,
   * and what waits is rejected with the failure as its cause. By default
   * `isFinalFailure`, which includes a login that is refused. `() => false`
   * tries for ever.
   */
  readonly isFinal?: ((error: unknown) => boolean) | undefined;
  /**
   * Longest time that a call or notification waits for a connection, in
   * milliseconds; 30,000 by default. `Infinity` turns it off. Then it rejects
   * with a `ConnectionClosedError` whose outcome is `"not-sent"`.
   */
  readonly queueTimeout?: number | undefined;
  /**
   * Maximum number of times that a call marked as idempotent is sent, if the
   * connection ends each time before its result arrives; 5 by default. It may be
   * what ends the connection.
   */
  readonly maxCallAttempts?: number | undefined;
  /** Maximum number of calls and notifications queued while there is no connection; 100 by default. */
  readonly maxQueuedCalls?: number | undefined;
  /** Maximum total size of their payloads, in bytes; 1 MiB by default. */
  readonly maxQueuedCallBytes?: number | undefined;
  /**
   * Called on each new connection before queued calls are sent: to log in or
   * subscribe, by the peer that it receives: calls of the `ReconnectingPeer` wait
   * until it has settled. If the connection ends before, another one follows
   * after a second, or when it settles. If it fails, the connection is closed; an `OperationError` is
   * final (see `isFinal`), and other failures count towards `maxAttempts`. A
   * `"waiting"` event has the error, or without `onConnectionEvent` a
   * `"hook-error"`.
   */
  readonly onConnect?: ((peer: Peer) => unknown) | undefined;
  /**
   * Receives the events of the connections. If it fails, the first failure is
   * reported as an event to `onEvent`.
   */
  readonly onConnectionEvent?:
    | ((event: ConnectionEvent) => unknown)
    | undefined;
  /**
   * The target of the events `online` and `offline`; the global object by
   * default, which has them in browsers. After `online`, the next attempt
   * follows at once, and one whose connection is not open yet is given up for
   * it. Between `offline` and `online`, one follows only every
   * `maxDelay` milliseconds, since the server may be on the same machine, and
   * its failure does not count.
   */
  readonly onlineEvents?: EventTarget | undefined;
}

/** The names of the options of a `ReconnectingPeer`. */
export const RECONNECT_OPTIONS: OptionNames<ReconnectOptions> = {
  ...PEER_OPTIONS,
  initialDelay: 1,
  isFinal: 1,
  maxAttempts: 1,
  maxCallAttempts: 1,
  maxDelay: 1,
  maxQueuedCallBytes: 1,
  maxQueuedCalls: 1,
  onConnect: 1,
  onConnectionEvent: 1,
  onlineEvents: 1,
  queueTimeout: 1,
};

/**
 * Checks the options of a `ReconnectingPeer`.
 *
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If an option is unknown or of the wrong kind.
 */
export function checkReconnectOptions(options: ReconnectOptions): void {
  checkOptionNames(options, RECONNECT_OPTIONS);
  checkPeerOptions(options);
  checkFunctions(options, ["isFinal", "onConnect", "onConnectionEvent"]);
  checkNumbers(options, LEAST);
}
