/**
 * A peer of a page that connects again.
 *
 * @module
 */

import {
  LASTING,
  MOVES_AT_ONCE,
} from "../peer/reconnecting/reconnect_numbers.ts";
import { onAbort } from "../peer/abort.ts";
import type { CallOptions } from "../peer/call_options.ts";
import type { Clock } from "../peer/clock.ts";
import { isConnectionClosedError } from "../peer/connection_closed_error.ts";
import type { DrainOptions } from "../peer/drain_options.ts";
import type { CloseInfo, PeerState } from "../peer/peer_state.ts";
import { isFinalFailure } from "../peer/reconnecting/final_failure.ts";
import { deferredStream } from "../peer/reconnecting/deferred_stream.ts";
import type { Remote } from "../peer/remote.ts";
import type { FormedStreamOptions } from "../peer/stream_form.ts";
import { FORM, formOf } from "../peer/stream_form.ts";
import type { StreamPair } from "../peer/stream_pair.ts";
import type { ChannelInfo } from "../transport/channel.ts";
import { checkNumberOption } from "../transport/number_option.ts";
import { untilPrepared } from "../peer/reconnecting/until_prepared.ts";
import { checkWaitOptions } from "../transport/wait_options.ts";
import { pageClock, restOf, sleep } from "./_clock.ts";
import { PageConnection } from "./_connection.ts";
import { abortError } from "./_errors.ts";
import { iterable } from "./_iterable.ts";
import { listenWake } from "./_page_events.ts";
import { PageRemote } from "./_remote.ts";
import { WaitingCalls } from "./_waiting_calls.ts";
import type {
  PageConnectionEvent,
  PagePeer,
  PageReconnectOptions,
  PageStats,
} from "./page_peer.ts";

/** The defaults of numbers. Those of attempts are at least 1. */
const DEFAULTS = {
  initialDelay: 500,
  maxDelay: 30_000,
  maxAttempts: Infinity,
  maxQueuedCalls: 100,
  maxQueuedCallBytes: 1024 * 1024,
  queueTimeout: 30_000,
  maxCallAttempts: 5,
};

/** A peer over one connection after the other. */
export class ReconnectingConnection extends PageRemote {
  /** Resolves when no further connection follows. */
  readonly closed: Promise<CloseInfo>;
  closeInfo: CloseInfo | undefined;
  readonly #open: () => WebSocket;
  readonly #options: PageReconnectOptions & typeof DEFAULTS;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #waiting: WaitingCalls;
  /** All connections that have not ended, the current one last. */
  readonly #connections = new Set<PageConnection>();
  #current: PageConnection | undefined;
  /** Why there is no connection. */
  #failure: unknown;
  /** Failures, and connections that did not last, in a row. */
  #setbacks = 0;
  /** Connections in a row that were left since the server drained. */
  #moves = 0;
  #isOffline = false;
  #wake: (() => void) | undefined;
  /** The error with which the peer ends. */
  #error: unknown;

  constructor(open: () => WebSocket, options: PageReconnectOptions) {
    super();
    this.#open = open;
    this.#options = withDefaults(options);
    this.#clock = options.clock ?? pageClock;
    this.#waiting = new WaitingCalls(
      this.#clock,
      this.#options,
      this.#stop.signal,
      () => this.#failure,
    );
    this.closed = this.#run();
  }

  /** The current connection, while it takes calls. */
  get current(): PageConnection | undefined {
    return this.#current?.takesCalls ? this.#current : undefined;
  }

  get info(): ChannelInfo | undefined {
    return this.#current?.info;
  }

  get state(): PeerState {
    if (this.closeInfo !== undefined) return "closed";
    if (!this.#stop.signal.aborted) return this.current ? "open" : "opening";
    return this.#current?.state ?? "closing";
  }

  get stats(): PageStats {
    const none = {
      bytesIn: 0,
      bytesOut: 0,
      messagesIn: 0,
      messagesOut: 0,
      pending: 0,
      running: 0,
    };
    const stats = this.#current?.stats ?? none;
    return { ...stats, pending: stats.pending + this.#waiting.size };
  }

  override stream(
    operation: string,
    options: FormedStreamOptions = {},
  ): StreamPair {
    const { current } = this;
    if (current !== undefined) return current.stream(operation, options);
    checkWaitOptions(options);
    const formed = formOf(operation, options);
    const abandoned = new AbortController();
    const signals = [abandoned.signal];
    if (options.signal) signals.push(options.signal);
    const size = formed[FORM]?.input?.byteLength ?? 0;
    const waiting = { ...formed, signal: AbortSignal.any(signals) };
    const opening = this.#over(
      operation,
      size,
      waiting,
      (connection, left) =>
        Promise.resolve(
          connection.stream(operation, { ...left, signal: options.signal }),
        ),
    );
    const abandon = (reason: unknown) => abandoned.abort(reason);
    const { readable, writable } = deferredStream(opening, abandon, false);
    return { readable: iterable(readable), writable };
  }

  override requestPayload(
    operation: string,
    payload: Uint8Array,
    options: CallOptions,
  ): Promise<Uint8Array> {
    checkWaitOptions(options);
    return this.#over(
      operation,
      payload.byteLength,
      options,
      (connection, left) => connection.requestPayload(operation, payload, left),
    );
  }

  override notifyPayload(name: string, payload: Uint8Array): Promise<void> {
    return this.#over(
      name,
      payload.byteLength,
      {},
      (connection) => connection.notifyPayload(name, payload),
    );
  }

  async drain(options: DrainOptions = {}): Promise<void> {
    await this.#end(
      new Error("the peer is draining"),
      undefined,
      (connection) => connection.drain(options),
    );
  }

  override close(): Promise<void> {
    return this.#end(
      new Error("the peer was closed"),
      undefined,
      (connection) => connection.close(),
    );
  }

  abort(reason?: unknown): void {
    const error = reason ?? abortError("The connection was aborted");
    void this.#end(error, error, (connection) => connection.abort(error));
  }

  async #end(
    reason: unknown,
    error: unknown,
    end: (connection: PageConnection) => Promise<void> | void,
  ): Promise<void> {
    this.#stopConnecting(reason, error);
    await Promise.all(Array.from(this.#connections, end));
    await this.closed;
  }

  #stopConnecting(reason: unknown, error: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.#error = error;
    this.#stop.abort(reason);
    this.#waiting.fail(reason);
    this.#wake?.();
  }

  /** Makes a call over the current connection or the next, and again if that is harmless (close/in-doubt). */
  async #over<T>(
    operation: string,
    bytes: number,
    options: CallOptions,
    use: (connection: PageConnection, left: CallOptions) => Promise<T>,
  ): Promise<T> {
    const rest = restOf(this.#clock, options);
    for (let attempts = 1;; attempts++) {
      const connection = this.current ??
        await this.#waiting.wait(operation, bytes, rest());
      try {
        return await use(connection, rest());
      } catch (error) {
        if (!isConnectionClosedError(error)) throw error;
        const isHarmless = error.outcome === "not-sent" ||
          options.idempotent && attempts < this.#options.maxCallAttempts;
        if (!isHarmless || this.#stop.signal.aborted) throw error;
        if (this.#current === connection) this.#current = undefined;
      }
    }
  }

  async #run(): Promise<CloseInfo> {
    const { maxAttempts, maxDelay } = this.#options;
    const { signal } = this.#stop;
    const endEvents = listenWake(this.#options.onlineEvents, {
      online: () => {
        this.#isOffline = false;
        this.#setbacks = 0;
        this.#wake?.();
      },
      offline: () => {
        this.#isOffline = true;
      },
      shown: () => this.#wake?.(),
    });
    let last: CloseInfo | undefined;
    while (!signal.aborted) {
      this.#emit({ type: "connecting", attempt: this.#setbacks + 1 });
      const { error, info, wasLeft } = await this.#attempt();
      last = info;
      this.#failure = error;
      if (this.#setbacks >= maxAttempts) {
        const reason = error ?? new Error("no connection has lasted");
        this.#stopConnecting(reason, reason);
      }
      if (signal.aborted) break;
      this.#moves = wasLeft ? this.#moves + 1 : 0;
      // What runs goes on over the connection that is left.
      if (wasLeft && this.#moves <= MOVES_AT_ONCE) continue;
      const delay = this.#isOffline
        ? maxDelay
        : Math.random() * this.#maxDelay();
      this.#emit({ type: "waiting", delay, error });
      await sleep(this.#clock, delay, (wake) => this.#wake = wake);
      this.#wake = undefined;
    }
    endEvents();
    await Promise.all(Array.from(this.#connections, ({ closed }) => closed));
    const error = this.#error ?? last?.error;
    const clean = error === undefined;
    const channel = last?.channel ?? { clean, error };
    this.closeInfo = { clean, error, channel };
    this.#emit({ type: "closed", error: signal.reason });
    return this.closeInfo;
  }

  /** Opens a connection and uses it until it ends, or takes no more calls. */
  async #attempt(): Promise<
    { error: unknown; info?: CloseInfo; wasLeft?: boolean }
  > {
    let connection: PageConnection | undefined;
    const { onConnect, isFinal = isFinalFailure } = this.#options;
    const remove = onAbort(this.#stop.signal, (reason) => {
      if (connection !== this.#current) connection?.abort(reason);
    });
    try {
      const remote = this as unknown as Remote;
      connection = new PageConnection(this.#open(), this.#options, remote);
      this.#connections.add(connection);
      await connection.opened;
      await untilPrepared(
        onConnect?.(connection as unknown as PagePeer),
        connection.closed,
        this.#stop.signal,
        this.#clock,
      );
      if (connection.state !== "open") throw (await connection.closed).error;
    } catch (error) {
      await connection?.close();
      if (connection) this.#connections.delete(connection);
      remove();
      let ends: unknown = false;
      this.callHook("isFinal", () => ends = isFinal(error));
      if (!this.#stop.signal.aborted && ends === true) {
        this.#stopConnecting(error, error);
      }
      if (!this.#isOffline) this.#setbacks++;
      return { error };
    }
    remove();
    const start = this.#clock.now();
    const { promise: left, resolve } = Promise.withResolvers<undefined>();
    connection.onRemoteDrains = () => resolve(undefined);
    this.#current = connection;
    this.#failure = undefined;
    if (connection.takesCalls) this.#waiting.start(connection);
    else resolve(undefined);
    this.#emit({ type: "connected", peer: connection as unknown as PagePeer });
    const ended = connection.closed.then((info) => {
      this.#connections.delete(connection);
      return info;
    });
    const info = await Promise.race([ended, left]);
    if (this.#current === connection) this.#current = undefined;
    const isLasting = this.#clock.now() - start >=
      Math.max(LASTING, this.#maxDelay());
    this.#setbacks = isLasting ? 0 : this.#setbacks + 1;
    if (isLasting) this.#moves = 0;
    if (info !== undefined) return { error: info.error, info };
    void connection.drain({ timeout: Infinity });
    return {
      error: new Error("the remote peer is shutting down"),
      wasLeft: true,
    };
  }

  /** The bound of the next delay. */
  #maxDelay(): number {
    const { initialDelay, maxDelay } = this.#options;
    return Math.min(
      maxDelay,
      initialDelay * 2 ** Math.max(0, this.#setbacks - 1),
    );
  }

  #emit(event: PageConnectionEvent): void {
    this.callHook(
      "onConnectionEvent",
      () => this.#options.onConnectionEvent?.(event),
    );
  }
}

/** Returns options, with defaults for those that are `undefined`; checks the numbers. */
function withDefaults(
  options: PageReconnectOptions,
): PageReconnectOptions & typeof DEFAULTS {
  const given = Object.entries(options)
    .filter(([, value]) => value !== undefined);
  const all = { ...DEFAULTS, ...Object.fromEntries(given) };
  for (const name of Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]) {
    checkNumberOption(name, all[name], /Attempts$/.test(name) ? 1 : 0);
  }
  return all;
}
