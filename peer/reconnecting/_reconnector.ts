/**
 * Opens one connection after the other.
 *
 * @module
 */

import type { Channel } from "../../transport/channel.ts";
import { onAbort } from "../abort.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { CloseInfo } from "../events.ts";
import { callHook } from "../hooks.ts";
import { Peer } from "../peer.ts";
import type { ConnectionEvent, ReconnectOptions } from "./reconnect_options.ts";

/** Opens a channel. It should respect the signal. */
export type Open = (signal: AbortSignal) => Channel | Promise<Channel>;

/** What a reconnector reports to its peer. */
export interface ReconnectorEvents {
  /** A connection is ready. */
  ready(peer: Peer): void;
  /** A connection that was ready has ended. */
  ended(peer: Peer): void;
}

/** Opens connections until it is closed, or too many attempts have failed. */
export class Reconnector {
  /** Aborts when no further connections will be opened. */
  readonly signal: AbortSignal;
  /** Resolves when the last connection has ended. Never rejects. */
  readonly finished: Promise<CloseInfo>;
  readonly #open: Open;
  readonly #options: ReconnectOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #events: ReconnectorEvents;
  readonly #stop = new AbortController();
  #peer: Peer | undefined;
  #retired = false;
  /** How the last connection ended. */
  #last: CloseInfo | undefined;
  #closedByUser = false;

  /** Begins to connect. */
  constructor(
    open: Open,
    options: ReconnectOptions,
    events: ReconnectorEvents,
  ) {
    this.#open = open;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#events = events;
    this.signal = this.#stop.signal;
    this.finished = this.#run();
  }

  /** The peer of the current connection, while it is ready and accepts calls. */
  get peer(): Peer | undefined {
    return this.#retired ? undefined : this.#peer;
  }

  /** Stops using a peer that accepts no more calls, although its connection may not have ended yet. */
  retire(peer: Peer | undefined): void {
    if (this.#peer === peer) this.#retired = true;
  }

  /** Opens no further connections and ends the current one with `end`. */
  async close(
    reason: unknown,
    end: (peer: Peer) => Promise<void>,
  ): Promise<void> {
    this.#closedByUser = !this.signal.aborted;
    this.#stop.abort(reason);
    if (this.#peer !== undefined) await end(this.#peer);
    await this.finished;
  }

  async #run(): Promise<CloseInfo> {
    const { maxAttempts = Infinity } = this.#options;
    const { signal } = this;
    let failures = 0;
    while (!signal.aborted) {
      this.#emit({ type: "connecting", attempt: failures + 1 });
      let error: unknown;
      try {
        const peer = await this.#connect();
        failures = 0;
        error = await this.#use(peer);
      } catch (reason) {
        failures++;
        error = reason;
      }
      if (failures >= maxAttempts) this.#stop.abort(error);
      if (signal.aborted) break;
      const delay = this.#delay(failures);
      this.#emit({ type: "waiting", delay, error });
      await this.#sleep(delay);
    }
    this.#emit({ type: "closed", error: signal.reason });
    return this.#closeInfo();
  }

  /** Uses a connection until it ends. Returns what ended it. */
  async #use(peer: Peer): Promise<unknown> {
    this.#peer = peer;
    this.#retired = false;
    this.#events.ready(peer);
    this.#emit({ type: "connected", peer });
    this.#last = await peer.closed;
    this.#peer = undefined;
    this.#events.ended(peer);
    return this.#last.error;
  }

  /** Opens a connection and prepares it. Rejects if that fails, and at once if no connection is wanted any more. */
  async #connect(): Promise<Peer> {
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const remove = onAbort(this.signal, reject);
    try {
      return await Promise.race([this.#prepare(), stopped]);
    } finally {
      remove();
    }
  }

  async #prepare(): Promise<Peer> {
    const { signal } = this;
    const channel = await this.#open(signal);
    const peer = new Peer(channel, { ...this.#options, role: "initiator" });
    const remove = onAbort(signal, (reason) => peer.abort(reason));
    try {
      await peer.opened;
      await this.#options.onConnect?.(peer);
      if (peer.state === "open") return peer;
      throw (await peer.closed).error ??
        new Error("the connection ended before it was ready");
    } catch (error) {
      await peer.close();
      throw error;
    } finally {
      remove();
    }
  }

  /** A random delay up to a bound, so that the clients of a server that failed do not all return at once. */
  #delay(failures: number): number {
    const { initialDelay = 500, maxDelay = 30_000 } = this.#options;
    const doublings = Math.max(0, failures - 1);
    return this.#random() * Math.min(maxDelay, initialDelay * 2 ** doublings);
  }

  async #sleep(delay: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#clock.schedule(resolve, delay);
    const remove = onAbort(this.signal, () => resolve());
    await promise;
    remove();
    this.#clock.cancel(timer);
  }

  #closeInfo(): CloseInfo {
    const error = this.#closedByUser ? undefined : this.signal.reason;
    const clean = error === undefined && (this.#last?.clean ?? true);
    return {
      clean,
      error: error ?? this.#last?.error,
      channel: this.#last?.channel ?? { clean, error },
    };
  }

  #emit(event: ConnectionEvent): void {
    callHook(this.#options.onConnectionEvent, event);
  }
}
