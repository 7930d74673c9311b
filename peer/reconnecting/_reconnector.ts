/**
 * Keeping a connection: opening it, and opening it again.
 *
 * @module
 */

import type { Channel } from "../../transport/channel.ts";
import { type Clock, systemClock } from "../clock.ts";
import { Peer } from "../peer.ts";
import type { ConnectionEvent, ReconnectOptions } from "./reconnecting_peer.ts";

/** Opens a channel; should heed the signal. */
export type Open = (signal: AbortSignal) => Channel | Promise<Channel>;

/** Opens one connection after the other until it is stopped, or too many attempts have failed. */
export class Reconnector {
  /** Aborts when no more connections are opened. */
  readonly signal: AbortSignal;
  /** Resolves when the last connection has ended; never rejects. */
  readonly finished: Promise<void>;
  readonly #open: Open;
  readonly #options: ReconnectOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #ready: (peer: Peer) => void;
  readonly #stop = new AbortController();
  #peer: Peer | undefined;
  #spent = false;

  /** Begins to connect; `ready` hears of each connection first. */
  constructor(
    open: Open,
    options: ReconnectOptions,
    ready: (peer: Peer) => void,
  ) {
    this.#open = open;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#ready = ready;
    this.signal = this.#stop.signal;
    this.finished = this.#keepConnected();
  }

  /** The peer of the current connection, once it is ready and for as long as it takes calls. */
  get peer(): Peer | undefined {
    return this.#spent ? undefined : this.#peer;
  }

  /** Notes that a peer takes no calls any more, although it may not have ended yet. */
  spent(peer: Peer | undefined): void {
    if (this.#peer === peer) this.#spent = true;
  }

  /** Opens no more connections and ends the current one. */
  async close(reason: unknown): Promise<void> {
    this.#stop.abort(reason);
    await this.#peer?.close();
    await this.finished;
  }

  async #keepConnected(): Promise<void> {
    const { maxAttempts = Infinity } = this.#options;
    const { signal } = this;
    let failures = 0;
    while (!signal.aborted) {
      this.#tell({ type: "connecting", attempt: failures + 1 });
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
      this.#tell({ type: "waiting", delay, error });
      await this.#sleep(delay);
    }
    this.#tell({ type: "closed", error: signal.reason });
  }

  /** Hands a connection over, and waits for its end; gives what broke it. */
  async #use(peer: Peer): Promise<unknown> {
    this.#peer = peer;
    this.#spent = false;
    this.#ready(peer);
    this.#tell({ type: "connected", peer });
    const { error } = await peer.closed;
    this.#peer = undefined;
    return error;
  }

  /** Opens a connection and makes it ready. Rejects when that fails, and at once when none is wanted any more. */
  async #connect(): Promise<Peer> {
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const giveUp = () => reject(this.signal.reason);
    this.signal.addEventListener("abort", giveUp);
    try {
      return await Promise.race([this.#prepare(), stopped]);
    } finally {
      this.signal.removeEventListener("abort", giveUp);
    }
  }

  async #prepare(): Promise<Peer> {
    const { signal } = this;
    const channel = await this.#open(signal);
    const peer = new Peer(channel, { ...this.#options, role: "initiator" });
    const giveUp = () => peer.abort(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp);
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
      signal.removeEventListener("abort", giveUp);
    }
  }

  /** How long to wait: any time up to a bound, so that clients of a server that fell do not all return at once. */
  #delay(failures: number): number {
    const { initialDelay = 500, maxDelay = 30_000 } = this.#options;
    const doublings = Math.max(0, failures - 1);
    return this.#random() * Math.min(maxDelay, initialDelay * 2 ** doublings);
  }

  async #sleep(delay: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#clock.schedule(resolve, delay);
    const wake = () => resolve();
    this.signal.addEventListener("abort", wake);
    await promise;
    this.signal.removeEventListener("abort", wake);
    this.#clock.cancel(timer);
  }

  /** Tells the application's hook, whose failure must not end the attempts. */
  #tell(event: ConnectionEvent): void {
    try {
      this.#options.onConnectionEvent?.(event);
    } catch {
      // The hook is the application's, and so is its failure.
    }
  }
}
