/**
 * Reports of connections that are not accepted.
 *
 * @module
 */

import { describeFailure } from "../quoting/quote.ts";
import { isLostConnection } from "./accept_failures.ts";
import type { ChannelInfo } from "./channel.ts";

/**
 * Receives the reason why a connection is refused, and what is known about the
 * connection, such as its address. What it throws is ignored.
 */
export type RefusalObserver = (
  error: unknown,
  info: ChannelInfo | undefined,
) => void;

/** The shortest time between two reports of lost connections, in ms. */
const LOST_INTERVAL = 1_000;

/**
 * Reports refusals to an observer: each connection that is refused, but at most
 * one report a second of connections that their clients end before they are
 * accepted, since these cost an attacker next to nothing.
 */
export class Refusals {
  readonly #observer: RefusalObserver | undefined;
  readonly #now: () => number;
  /** Connections lost since the last report. */
  #lost = 0;
  #lastReport = -Infinity;

  /**
   * Reports to an observer.
   *
   * @param now Returns the time in milliseconds.
   */
  constructor(
    observer: RefusalObserver | undefined,
    now: () => number = () => performance.now(),
  ) {
    this.#observer = observer;
    this.#now = now;
  }

  /** Reports a connection that is refused, or a failure to accept. */
  refused(error: unknown, info: ChannelInfo | undefined): void {
    if (this.#observer === undefined) return;
    // What it throws or rejects with is the application's own concern.
    Promise.try(this.#observer, error, info).catch(() => {});
  }

  /**
   * Reports a connection that failed before it was accepted: as lost if its
   * client has left, which `undefined` stands for as well, and else as refused.
   */
  failed(error: unknown, info: ChannelInfo): void {
    if (error !== undefined && !isLostConnection(error)) {
      return this.refused(error, info);
    }
    this.lost(
      error ?? new Error("Cannot accept a connection: the client has left"),
      info,
    );
  }

  /**
   * Reports a connection that its client ended before it was accepted, unless
   * the last report is recent: the next report then has their number.
   */
  lost(cause: unknown, info: ChannelInfo | undefined): void {
    this.#lost++;
    const now = this.#now();
    if (now - this.#lastReport < LOST_INTERVAL) return;
    const lost = this.#lost;
    this.#lost = 0;
    this.#lastReport = now;
    if (lost === 1) return this.refused(cause, info);
    const why = describeFailure(cause);
    this.refused(
      new Error(
        `${why}; ${lost} connections ended since the last report of one`,
        { cause },
      ),
      info,
    );
  }
}
