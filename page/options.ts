/**
 * Options and limits of a page.
 *
 * @module
 */

import type { RetryPolicy } from "../peer/call_options.ts";
import type { Clock } from "../peer/clock.ts";
import type { Handlers } from "../peer/handlers.ts";
import type { Limits } from "../peer/limits.ts";

/**
 * The limits of a page, a choice of those of other peers, with the same meaning.
 * Sizes are in bytes and times in milliseconds; `Infinity` turns a limit off.
 *
 * A server sends at most `maxUnreadBytesPerStream` before it has the page's next
 * credit, so a download is at most that many bytes in each round trip: with 1 MiB,
 * 20 MB in a second over a line of 50 ms. Pages with a faster line and large
 * downloads set more, such as 8 MiB for 160 MB in a second.
 */
export type PageLimits = Pick<
  Limits,
  | "closeTimeout"
  | "handshakeTimeout"
  | "heartbeatInterval"
  | "maxConcurrentNotifications"
  | "maxConcurrentRequests"
  | "maxConcurrentStreams"
  | "maxPayloadBytes"
  | "maxPendingRequests"
  | "maxPendingStreams"
  | "maxUnreadBytes"
  | "maxUnreadBytesPerStream"
  | "receiveTimeout"
>;

/** The limits of a page that sets no others. They are those of other peers. */
export const PAGE_LIMITS: PageLimits = {
  closeTimeout: 5_000,
  handshakeTimeout: 5_000,
  heartbeatInterval: 20_000,
  maxConcurrentNotifications: 1024,
  maxConcurrentRequests: 256,
  maxConcurrentStreams: 64,
  maxPayloadBytes: 16 * 1024 * 1024,
  maxPendingRequests: 256,
  maxPendingStreams: 64,
  maxUnreadBytes: 8 * 1024 * 1024,
  maxUnreadBytesPerStream: 1024 * 1024,
  receiveTimeout: 45_000,
};

/** Options of `connect` in a page. */
export interface PageOptions {
  /** Handlers for requests and notifications of the server, of the class that this entry exports; none by default. */
  readonly handlers?: Handlers | undefined;
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<PageLimits> | undefined;
  /** How long the WebSocket may take to open, in milliseconds; 10,000 by default. */
  readonly connectTimeout?: number | undefined;
  /** WebSocket subprotocols that the page offers; none by default. */
  readonly protocols?: readonly string[] | undefined;
  /** Whether and how calls handle a RetryResult; like those of other peers by default. */
  readonly retry?: RetryPolicy | boolean | undefined;
  /** The source of time; that of the browser by default. */
  readonly clock?: Clock | undefined;
}
