/**
 * Counters that add up over connections.
 * Internal to the package.
 *
 * @module
 */

import type { PeerStats } from "./peer_state.ts";

/** What is counted of a connection. */
export type Counters = Pick<
  PeerStats,
  | "messagesIn"
  | "messagesOut"
  | "bytesIn"
  | "bytesOut"
  | "dropped"
  | "unsent"
  | "cancelsIn"
  | "cancelsOut"
  | "creditsIn"
  | "creditsOut"
>;

/** What is counted of no connection. */
export const NO_COUNTERS: Counters = {
  messagesIn: 0,
  messagesOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  dropped: 0,
  unsent: 0,
  cancelsIn: 0,
  cancelsOut: 0,
  creditsIn: 0,
  creditsOut: 0,
};

/** Adds up what was counted of two connections. */
export function sum(one: Counters, other: Counters): Counters {
  return {
    messagesIn: one.messagesIn + other.messagesIn,
    messagesOut: one.messagesOut + other.messagesOut,
    bytesIn: one.bytesIn + other.bytesIn,
    bytesOut: one.bytesOut + other.bytesOut,
    dropped: one.dropped + other.dropped,
    unsent: one.unsent + other.unsent,
    cancelsIn: one.cancelsIn + other.cancelsIn,
    cancelsOut: one.cancelsOut + other.cancelsOut,
    creditsIn: one.creditsIn + other.creditsIn,
    creditsOut: one.creditsOut + other.creditsOut,
  };
}

/** What is counted of several connections: what has happened, and what is going on. */
export type TotalStats = Omit<PeerStats, "roundTripTime" | "clockOffset">;

/** Adds up what connections count that have ended, and others that are open. */
export function totalStats(
  past: Counters,
  open: Iterable<{ readonly stats: PeerStats }>,
): TotalStats {
  let counters = past;
  let [pending, running, abandoned] = [0, 0, 0];
  for (const { stats } of open) {
    counters = sum(counters, stats);
    pending += stats.pending;
    running += stats.running;
    abandoned += stats.abandoned;
  }
  return { ...counters, pending, running, abandoned };
}
