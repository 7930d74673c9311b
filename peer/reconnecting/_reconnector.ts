/**
 * Opens one connection after the other.
 *
 * @module
 */

import type { Channel } from "../../transport/channel.ts";
import { onAbort } from "../abort.ts";
import type { Clock } from "../clock.ts";
import { isConnectionClosedError } from "../connection_closed_error.ts";
import { callHook, type HookFailures, randomSource } from "../hooks.ts";
import type { CloseInfo } from "../peer_state.ts";
import { Peer } from "../peer.ts";
import type { Remote } from "../remote.ts";
import type {
  ConnectionEventDetails,
  ReconnectOptions,
} from "./reconnect_options.ts";

/**
 * How long a connection must have lasted to count as a success for the delay,
 * in milliseconds. Otherwise a server that accepts and ends connections at once
 * would be asked without any growing delay.
 */
const LASTING = 2_000;

/** Opens a channel. It should respect the signal. */
export type Open = (signal: AbortSignal) => Channel | Promise<Channel>;

/** What a reconnector reports to its peer. */
export interface ReconnectorEvents {
  /** A connection is ready. */
  ready(peer: Peer): void;
  /** A connection that was ready has ended. */
  ended(peer: Peer): void;
}

/** What a reconnector shares with its peer. */
export interface Shared {
  /** The peer over all connections. */
  readonly remote: Remote;
  readonly clock: Clock;
  readonly hooks: HookFailures;
}

/** Opens connections until it is closed, or too many attempts have failed. */
export class Reconnector {
  /** Aborts when no further connections will be opened. */
  readonly signal: AbortSignal;
  /** Resolves when the last connection has ended. Never rejects. */
  readonly closed: Promise<CloseInfo>;
  readonly #open: Open;
  readonly #options: ReconnectOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #hooks: HookFailures;
  readonly #remote: Remote;
  readonly #events: ReconnectorEvents;
  readonly #stop = new AbortController();
  #connection: Peer | undefined;
  /** The channel of the latest connection that was ready. */
  #channel: Channel | undefined;
  /** Why there is no connection; `undefined` while there is one. */
  #failure: unknown;
  #retired = false;
  #closeInfo: CloseInfo | undefined;
  /** The error with which the peer ends; `undefined` if it was closed. */
  #error: unknown;
  /** How the connection ended that was in use when no further one was wanted. */
  #final: CloseInfo | undefined;

  /** Begins to connect. */
  constructor(
    open: Open,
    options: ReconnectOptions,
    events: ReconnectorEvents,
    { clock, hooks, remote }: Shared,
  ) {
    this.#open = open;
    this.#options = options;
    this.#clock = clock;
    this.#hooks = hooks;
    this.#remote = remote;
    this.#random = randomSource(options.random, hooks);
    this.#events = events;
    this.signal = this.#stop.signal;
    this.closed = this.#run();
  }

  /** How the last connection has ended; `undefined` before. */
  get closeInfo(): CloseInfo | undefined {
    return this.#closeInfo;
  }

  /** The peer of the current connection, until it has ended. */
  get connection(): Peer | undefined {
    return this.#connection;
  }

  /** The peer of the current connection, while it is ready and accepts calls. */
  get peer(): Peer | undefined {
    return this.#retired || this.#connection?.state !== "open"
      ? undefined
      : this.#connection;
  }

  /** Why there is no connection: what ended the last one, or failed the last attempt. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Stops using a peer that accepts no more calls, although its connection may not have ended yet. */
  retire(peer: Peer | undefined): void {
    if (this.#connection === peer) this.#retired = true;
  }

  /**
   * Opens no further connections and ends the current one with `end`.
   *
   * @param reason Why queued calls fail.
   * @param error The error with which the peer ends; `undefined` for an orderly
   * end. Only the first invocation counts.
   */
  async close(
    reason: unknown,
    error: unknown,
    end: (peer: Peer) => Promise<void> | void,
  ): Promise<void> {
    this.#stopConnecting(reason, error);
    if (this.#connection !== undefined) await end(this.#connection);
    await this.closed;
  }

  async #run(): Promise<CloseInfo> {
    const { maxAttempts = Infinity } = this.#options;
    const { signal } = this;
    let failures = 0;
    /** Failures, and connections that did not last, in a row. */
    let setbacks = 0;
    while (!signal.aborted) {
      this.#emit({ type: "connecting", attempt: failures + 1 });
      let error: unknown;
      try {
        const peer = await this.#connect();
        failures = 0;
        const start = this.#clock.now();
        error = await this.#use(peer);
        const lasting = Math.max(LASTING, this.#maxDelay(setbacks));
        setbacks = this.#clock.now() - start < lasting ? setbacks + 1 : 0;
      } catch (reason) {
        failures++;
        setbacks++;
        error = reason;
      }
      this.#failure = error;
      if (failures >= maxAttempts) this.#stopConnecting(error, error);
      if (signal.aborted) break;
      // Random, so that the clients of a server that failed do not all return
      // at once.
      const delay = this.#random() * this.#maxDelay(setbacks);
      this.#emit({ type: "waiting", delay, error });
      await this.#sleep(delay);
    }
    this.#emit({ type: "closed", error: signal.reason });
    return this.#closeInfo = this.#info();
  }

  /** Uses a connection until it ends. Returns what ended it. */
  async #use(peer: Peer): Promise<unknown> {
    this.#connection = peer;
    this.#retired = false;
    this.#failure = undefined;
    this.#events.ready(peer);
    this.#emit({ type: "connected", peer });
    const info = await peer.closed;
    this.#connection = undefined;
    this.#events.ended(peer);
    if (this.signal.aborted) this.#final = info;
    return info.error ?? this.#channel?.remoteEnd;
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
      await this.#onConnect(peer);
      this.#channel = channel;
      if (peer.state === "open") return peer;
      throw (await peer.closed).error ?? channel.remoteEnd ??
        new Error("the connection ended before it was ready");
    } catch (error) {
      await peer.close();
      throw error;
    } finally {
      remove();
    }
  }

  /** Calls `onConnect`. Its failure is that of the connection; it is reported if no event is to report it. */
  async #onConnect(peer: Peer): Promise<void> {
    const { onConnect, onConnectionEvent } = this.#options;
    try {
      await onConnect?.(peer);
    } catch (error) {
      if (!onConnectionEvent && !isConnectionClosedError(error)) {
        this.#hooks.hookFailed("onConnect", error);
      }
      throw error;
    }
  }

  /** The bound of the delay after a number of setbacks. */
  #maxDelay(setbacks: number): number {
    const { initialDelay = 500, maxDelay = 30_000 } = this.#options;
    const doublings = Math.max(0, setbacks - 1);
    return Math.min(maxDelay, initialDelay * 2 ** doublings);
  }

  async #sleep(delay: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#clock.schedule(resolve, delay);
    const remove = onAbort(this.signal, () => resolve());
    await promise;
    remove();
    this.#clock.cancel(timer);
  }

  #stopConnecting(reason: unknown, error: unknown): void {
    if (this.signal.aborted) return;
    this.#error = error;
    this.#stop.abort(reason);
  }

  #info(): CloseInfo {
    const error = this.#error ?? this.#final?.error;
    const clean = error === undefined;
    return { clean, error, channel: this.#final?.channel ?? { clean, error } };
  }

  #emit(event: ConnectionEventDetails): void {
    const { onConnectionEvent } = this.#options;
    if (onConnectionEvent === undefined) return;
    const whole = { ...event, remote: this.#remote };
    callHook("onConnectionEvent", this.#hooks, () => onConnectionEvent(whole));
  }
}
