/**
 * What is counted over several connections.
 *
 * @module
 */

import type { PeerStats } from "../peer_state.ts";

/** The counters that add up over connections. */
export type Counters = Omit<PeerStats, "pending" | "running" | "abandoned">;

/** The counters of no connection. */
export const NO_COUNTERS: Counters = {
  messagesIn: 0,
  messagesOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  dropped: 0,
};

/** Adds counters. */
export function sum(one: Counters, other: Counters): Counters {
  return {
    messagesIn: one.messagesIn + other.messagesIn,
    messagesOut: one.messagesOut + other.messagesOut,
    bytesIn: one.bytesIn + other.bytesIn,
    bytesOut: one.bytesOut + other.bytesOut,
    dropped: one.dropped + other.dropped,
  };
}
