/**
 * The totals of a server.
 *
 * @module
 */

import type { Peer, PeerStats } from "./peer/mod.ts";
import {
  type Counters,
  NO_COUNTERS,
  sum,
  totalStats,
} from "./peer/counters.ts";

/** Totals of all connections of a server, those that have ended included. */
export interface ServerStats
  extends Omit<PeerStats, "roundTripTime" | "clockOffset"> {
  /** Connections that are open now, those that log in included. */
  readonly open: number;
  /** Connections that were accepted. */
  readonly accepted: number;
  /** Connections that were refused or aborted, and failures to accept, as `onRefused` receives them. */
  readonly refused: number;
}

/** Adds up what the peers of a server count. */
export class ServerTotals {
  #past: Counters = NO_COUNTERS;
  #accepted = 0;

  /** Counts a peer that was accepted. */
  opened(): void {
    this.#accepted++;
  }

  /** Keeps what a peer counted that has ended. */
  ended(peer: { readonly stats: PeerStats }): void {
    this.#past = sum(this.#past, peer.stats);
  }

  /** Returns the totals. `peers` are the open ones. */
  stats(peers: Iterable<Pick<Peer, "stats">>, refused: number): ServerStats {
    const all = [...peers];
    return {
      ...totalStats(this.#past, all),
      open: all.length,
      accepted: this.#accepted,
      refused,
    };
  }
}
