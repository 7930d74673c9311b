/**
 * The names of the options of a page.
 * Internal to the package.
 *
 * @module
 */

import type { OptionNames } from "../quoting/option_names.ts";
import type { PageOptions } from "./options.ts";
import type { PageReconnectOptions } from "./page_peer.ts";

/** Of every connection. */
export const PAGE_OPTIONS: OptionNames<PageOptions> = {
  clock: 1,
  connectTimeout: 1,
  handlers: 1,
  limits: 1,
  protocols: 1,
  retry: 1,
};

/** Of `reconnect`. */
export const RECONNECT_OPTIONS: OptionNames<PageReconnectOptions> = {
  ...PAGE_OPTIONS,
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
