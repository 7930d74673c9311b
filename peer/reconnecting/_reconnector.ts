/**
 * Opens one connection after the other.
 *
 * @module
 */

import { pickOptions } from "../../quoting/option_names.ts";
import type { Channel } from "../../transport/channel.ts";
import { onAbort } from "../abort.ts";
import type { Clock } from "../clock.ts";
import { isConnectionClosedError } from "../connection_closed_error.ts";
import { callHook, type HookFailures, randomSource } from "../hooks.ts";
import { PEER_OPTIONS } from "../peer_options.ts";
import type { CloseInfo, PeerState } from "../peer_state.ts";
import { Peer } from "../peer.ts";
import { isRemoteDraining, moveOnFromDraining } from "../peer_requestor.ts";
import type { Remote } from "../remote.ts";
import { listenOnline } from "./online_events.ts";
import { isFinalFailure, onConnectFailed } from "./final_failure.ts";
import type {
  ConnectionEventDetails,
  ReconnectOptions,
} from "./reconnect_options.ts";
import { LASTING, MOVES_AT_ONCE } from "./reconnect_numbers.ts";
import { untilPrepared } from "./until_prepared.ts";

/** The upper bound of delays by default, in milliseconds. */
const MAX_DELAY = 30_000;

/** The outcome of a connection that takes no new calls. */
const LEFT = Symbol("left");

/** Why an attempt is given up when the network is back: it began on the old one. */
const NETWORK_IS_BACK = new Error("the network is back");

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
  /** Connections that take no new calls, but have not ended. */
  readonly #leaving = new Set<Peer>();
  /** Connections in a row that were left, since the last one that was not, or lasted. */
  #moves = 0;
  /** Whether the latest connection was left. */
  #wasLeft = false;
  /** Failures, and connections that did not last, in a row. */
  #setbacks = 0;
  #isOffline = false;
  /** Ends the current attempt, until its connection is open. */
  #opening: AbortController | undefined;
  /** Ends the current delay. */
  #wake: (() => void) | undefined;
  /** The channel of the latest connection that was ready. */
  #channel: Channel | undefined;
  /** Why there is no connection; `undefined` while there is one. */
  #failure: unknown;
  #retired = false;
  /** How it ends, once no further connection is opened. */
  #ending: "draining" | "closing" | undefined;
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

  /** The state of the peer over all connections. */
  get state(): PeerState {
    if (this.#closeInfo !== undefined) return "closed";
    return this.#ending ?? (this.peer === undefined ? "opening" : "open");
  }

  /** The peer of the current connection, until it has ended. */
  get connection(): Peer | undefined {
    return this.#connection;
  }

  /** The peers of all connections that have not ended. */
  get connections(): Peer[] {
    const current = this.#connection;
    return current === undefined
      ? [...this.#leaving]
      : [...this.#leaving, current];
  }

  /** The peer of the current connection, while it is ready and accepts calls. */
  get peer(): Peer | undefined {
    const peer = this.#connection;
    if (peer?.state !== "open") return undefined;
    return this.#retired || isRemoteDraining(peer) ? undefined : peer;
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
   * @param ending The state meanwhile. Closing follows draining.
   */
  async close(
    reason: unknown,
    error: unknown,
    end: (peer: Peer) => Promise<void> | void,
    ending: "draining" | "closing" = "closing",
  ): Promise<void> {
    if (this.#ending !== "closing") this.#ending = ending;
    this.#stopConnecting(reason, error);
    await Promise.all(this.connections.map(end));
    await this.closed;
  }

  async #run(): Promise<CloseInfo> {
    const { maxAttempts = Infinity, maxDelay = MAX_DELAY } = this.#options;
    const { signal } = this;
    const endEvents = listenOnline(this.#options.onlineEvents, {
      online: () => {
        this.#isOffline = false;
        this.#setbacks = 0;
        this.#opening?.abort(NETWORK_IS_BACK);
        this.#wake?.();
      },
      offline: () => {
        this.#isOffline = true;
      },
    });
    while (!signal.aborted) {
      this.#emit({ type: "connecting", attempt: this.#setbacks + 1 });
      const error = await this.#attempt();
      this.#failure = error;
      if (this.#setbacks >= maxAttempts) {
        const reason = error ?? new Error("no connection has lasted");
        this.#stopConnecting(reason, reason);
      }
      if (signal.aborted) break;
      if (error === NETWORK_IS_BACK) continue;
      // Make before break: what runs goes on over the connection that is left.
      if (this.#wasLeft && this.#moves <= MOVES_AT_ONCE) continue;
      // Random, so that the clients of a server that failed do not all return
      // at once.
      const delay = this.#isOffline
        ? maxDelay
        : this.#random() * this.#maxDelay(this.#setbacks);
      this.#emit({ type: "waiting", delay, error });
      await this.#sleep(delay);
    }
    endEvents();
    await Promise.all(Array.from(this.#leaving, (peer) => peer.closed));
    this.#emit({ type: "closed", error: signal.reason });
    return this.#closeInfo = this.#info();
  }

  /** Opens a connection and uses it. Returns why it failed or ended. */
  async #attempt(): Promise<unknown> {
    this.#wasLeft = false;
    let peer;
    try {
      peer = await this.#connect();
    } catch (error) {
      if (this.signal.aborted || error === NETWORK_IS_BACK) return error;
      if (this.#isFinal(error)) this.#stopConnecting(error, error);
      if (!this.#isOffline) this.#setbacks++;
      return error;
    }
    const start = this.#clock.now();
    const error = await this.#use(peer);
    const lasting = Math.max(LASTING, this.#maxDelay(this.#setbacks));
    if (this.#clock.now() - start >= lasting) this.#setbacks = this.#moves = 0;
    else this.#setbacks++;
    this.#moves = this.#wasLeft ? this.#moves + 1 : 0;
    return error;
  }

  /** Uses a connection until it ends, or takes no new calls. Returns what ended it. */
  async #use(peer: Peer): Promise<unknown> {
    const channel = this.#channel;
    this.#connection = peer;
    this.#retired = false;
    this.#failure = undefined;
    const { promise: left, resolve } = Promise.withResolvers<void>();
    moveOnFromDraining(peer, resolve);
    if (isRemoteDraining(peer)) resolve();
    else this.#events.ready(peer);
    this.#emit({ type: "connected", peer });
    const ended = peer.closed.then((info) => {
      this.#leaving.delete(peer);
      if (this.#connection === peer) this.#connection = undefined;
      this.#events.ended(peer);
      if (this.signal.aborted) this.#final = info;
      return info.error ?? channel?.remoteEnd;
    });
    const error = await Promise.race([ended, left.then(() => LEFT)]);
    if (error !== LEFT) return error;
    this.#wasLeft = true;
    this.#connection = undefined;
    // It may have ended in the same turn.
    if (peer.state !== "closed") this.#leaving.add(peer);
    // What runs may finish, as long as the remote peer lets it.
    void peer.drain({ timeout: Infinity });
    return new Error("the remote peer is shutting down");
  }

  #isFinal(error: unknown): boolean {
    const { isFinal = isFinalFailure } = this.#options;
    let outcome: unknown;
    callHook("isFinal", this.#hooks, () => outcome = isFinal(error));
    return outcome === true;
  }

  /** Opens a connection and prepares it. Rejects if that fails, and at once if it is not wanted any more. */
  async #connect(): Promise<Peer> {
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const attempt = this.#opening = new AbortController();
    const { signal } = attempt;
    const remove = onAbort(this.signal, (reason) => attempt.abort(reason));
    onAbort(signal, reject);
    try {
      return await Promise.race([this.#prepare(signal), stopped]);
    } finally {
      this.#opening = undefined;
      remove();
    }
  }

  async #prepare(signal: AbortSignal): Promise<Peer> {
    const channel = await this.#open(signal);
    const peer = new Peer(channel, {
      ...pickOptions(this.#options, PEER_OPTIONS),
      role: "initiator",
    });
    moveOnFromDraining(peer);
    const remove = onAbort(signal, (reason) => peer.abort(reason));
    try {
      await peer.opened;
      if (!signal.aborted) this.#opening = undefined;
      const prepared = this.#onConnect(peer);
      await untilPrepared(prepared, peer.closed, signal, this.#clock);
      if (peer.state === "open") {
        this.#channel = channel;
        return peer;
      }
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
      onConnectFailed(error);
      if (!onConnectionEvent && !isConnectionClosedError(error)) {
        this.#hooks.hookFailed("onConnect", error);
      }
      throw error;
    }
  }

  /** The bound of the delay after a number of setbacks. */
  #maxDelay(setbacks: number): number {
    const { initialDelay = 500, maxDelay = MAX_DELAY } = this.#options;
    const doublings = Math.max(0, setbacks - 1);
    return Math.min(maxDelay, initialDelay * 2 ** doublings);
  }

  async #sleep(delay: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#clock.schedule(resolve, delay);
    const remove = onAbort(this.signal, () => resolve());
    this.#wake = resolve;
    await promise;
    this.#wake = undefined;
    remove();
    this.#clock.cancel(timer);
  }

  #stopConnecting(reason: unknown, error: unknown): void {
    if (this.signal.aborted) return;
    this.#ending ??= "closing";
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
