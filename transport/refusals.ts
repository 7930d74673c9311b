/**
 * Reports of connections that are not accepted.
 *
 * @module
 */

import { attempt } from "../quoting/attempt.ts";
import { printFailure } from "../quoting/print_failure.ts";
import { describeFailure } from "../quoting/quote.ts";
import { isLostConnection } from "./accept_failures.ts";
import type { ChannelInfo } from "./channel.ts";

/**
 * Receives the reason why a connection is refused, and what is known about the
 * connection, such as its address. What it throws or rejects with is printed once
 * with `console.error`.
 */
export type RefusalObserver = (
  error: unknown,
  info: ChannelInfo | undefined,
) => unknown;

/** The hooks whose failures have been printed. */
const failed = new WeakSet<object>();

/** Prints the first failure of a hook that nobody observes. */
export function printFirstFailure(
  name: string,
  hook: object,
  error: unknown,
): void {
  if (failed.has(hook)) return;
  failed.add(hook);
  printFailure("hook", () => `The hook ${name} failed`, error);
}

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
  /** Number of reports. */
  total = 0;
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

  /** Whether refusals are reported to an observer. */
  get observed(): boolean {
    return this.#observer !== undefined;
  }

  /** Reports a connection that is refused, or a failure to accept. */
  refused(error: unknown, info: ChannelInfo | undefined): void {
    this.total++;
    const observer = this.#observer;
    if (observer === undefined) return;
    attempt(observer, error, info).catch((failure) =>
      printFirstFailure("onRefused", observer, failure)
    );
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
