/**
 * The server behind `serve`: accepts connections and keeps their peers.
 *
 * @module
 */

import {
  announce,
  authenticated,
  DEFAULT_MAX_CONNECTIONS,
  HandlingPeers,
  reportNoLogin,
  serverClock,
  tooManyConnections,
} from "./admission.ts";
import { encode, encodeVersion, ProtocolErrorCode } from "./codec/mod.ts";
import {
  type AnyContract,
  type Clock,
  type Contract,
  type DrainOptions,
  type Handlers,
  type Identity,
  type Limits,
  MemoryBudget,
  Peer,
  type PeerOptions,
} from "./peer/mod.ts";
import { onAbort } from "./peer/abort.ts";
import { checkFunctions } from "./peer/checked_function.ts";
import { checkDrainOptions } from "./peer/drain_options.ts";
import { checkedLimits } from "./peer/limits.ts";
import { checkPeerOptions, SERVED_OPTIONS } from "./peer/peer_options.ts";
import { type OptionNames, pickOptions } from "./quoting/option_names.ts";
import { type ServerStats, ServerTotals } from "./server_stats.ts";
import {
  AcceptFailures,
  isConnectionFailure,
} from "./transport/accept_failures.ts";
import type {
  Channel,
  ChannelEnd,
  ChannelInfo,
  Listener,
} from "./transport/channel.ts";
import { checkNumbers } from "./transport/number_option.ts";
import { type RefusalObserver, Refusals } from "./transport/refusals.ts";
import { checkWaitOptions } from "./transport/wait_options.ts";
import { WriteUnits } from "./transport/write_units.ts";

/** Options of a server that do not concern its address. */
export interface ServerOptions<
  Called extends Contract = AnyContract,
  Auth = unknown,
> extends Omit<PeerOptions<Auth>, "handlers" | "auth" | "role"> {
  /**
   * Authenticates a connection. The return value becomes the `auth` of the peer
   * and of every context. The connection is refused if this throws, returns
   * `undefined`, `null` or `false`, or does not settle within
   * `limits.handshakeTimeout`. Nothing is read from the connection before that;
   * to authenticate by what the remote peer sends, use `login`.
   */
  readonly authenticate?:
    | ((info: ChannelInfo) => Identity<Auth>)
    | undefined;
  /**
   * Called for each peer before any of its messages are handled; for a peer
   * that must log in, after it has. If it throws or rejects, the connection is aborted.
   */
  readonly onPeer?: ((peer: Peer<Called, Auth>) => unknown) | undefined;
  /**
   * Called for each connection that is refused or aborted, and for failures to
   * accept. Connections that their clients end before they are accepted are
   * reported at most once a second by each step that can notice it: the socket,
   * the handshake of a WebSocket or of a proxy, and the server. Its first
   * failure is printed with `console.error`.
   */
  readonly onRefused?: RefusalObserver | undefined;
  /**
   * Maximum memory that all connections together make the server hold, in bytes;
   * 144 MiB by default. See `MemoryBudget`, and `memory` to share one.
   */
  readonly maxTotalHeldBytes?: number | undefined;
  /** Maximum number of connections; 65,536 by default. Further ones are refused. */
  readonly maxConnections?: number | undefined;
  /** Closes the server, as {@linkcode Server.close} does, when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** The names of the options that do not concern its address. */
export const SERVER_OPTIONS: OptionNames<ServerOptions> = {
  ...SERVED_OPTIONS,
  authenticate: 1,
  maxConnections: 1,
  maxTotalHeldBytes: 1,
  onPeer: 1,
  onRefused: 1,
  signal: 1,
};

/**
 * Checks options before the server listens.
 *
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If an option is of the wrong kind.
 */
export function checkServerOptions(options: ServerOptions): void {
  checkPeerOptions(options);
  checkFunctions(options, ["authenticate", "onPeer", "onRefused"]);
  checkNumbers(options, { maxConnections: 0, maxTotalHeldBytes: 1 });
  const { maxConnections = Infinity, signal } = options;
  if (maxConnections !== Infinity && !Number.isInteger(maxConnections)) {
    throw new RangeError(
      `Cannot set maxConnections: got ${maxConnections}, wanted a whole number`,
    );
  }
  checkWaitOptions({ signal });
}

/**
 * Connections that may be in the course of being refused. They are not counted
 * as connections, and a client that reads nothing stays for `closeTimeout`: a
 * further one ends the oldest.
 */
const MAX_REFUSED = 256;

/** A server: accepts connections, and keeps the peers of those it accepted. */
export interface Server<
  Called extends Contract = AnyContract,
  Auth = unknown,
> extends AsyncDisposable {
  /** The URL that clients connect to. */
  readonly address: string;
  /** The connected peers that have logged in, if they must. */
  readonly peers: ReadonlySet<Peer<Called, Auth>>;
  /** Totals of all connections, those that have ended included. */
  readonly stats: ServerStats;
  /** Resolves when no more connections are accepted and all peers have closed. Never rejects. */
  readonly finished: Promise<void>;
  /**
   * Uses another certificate and key, in PEM, for connections that are accepted
   * from now on; existing ones stay open. The port is opened again: a client
   * that connects within the few milliseconds between may be refused.
   *
   * @throws {TypeError} If the server does not use TLS.
   * @throws {Error} If the certificate is invalid; the current one stays in use.
   */
  renewCertificate(
    certificate: { readonly cert: string; readonly key: string },
  ): Promise<void>;
  /**
   * Accepts no more connections, and drains all peers: calls that run are
   * answered, and requests that arrive are refused with a RetryResult. Waits for
   * the handlers of notifications too, whose clients may have left. A handler may
   * begin it, but must not await it.
   */
  drain(options?: DrainOptions): Promise<void>;
  /** Accepts no more connections, and closes all peers. */
  close(): Promise<void>;
}

/** Accepts connections from a listener. */
export class ListeningServer implements Server {
  readonly address: string;
  readonly finished: Promise<void>;
  readonly #peers = new Set<Peer>();
  /** Connections that are being admitted: most of the time, authenticated. */
  readonly #authenticating = new Set<Channel>();
  /** Peers that have not logged in yet. */
  readonly #loggingIn = new Set<Peer>();
  /** Peers whose connections have ended, and whose notifications are still being handled. */
  readonly #handling = new HandlingPeers();
  /** Connections that are being refused. */
  readonly #refused = new Set<Channel>();
  /** One promise for each connection, which resolves when it has ended. */
  readonly #connections = new Set<Promise<void>>();
  readonly #listener: Listener;
  readonly #options: ServerOptions;
  /** Those of its peers. */
  readonly #peerOptions: PeerOptions;
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #refusals: Refusals;
  readonly #totals = new ServerTotals();
  #closed = false;
  #wake: (() => void) | undefined;

  /** Begins to accept. The options have been checked, so nothing throws. */
  constructor(
    listener: Listener,
    options: ServerOptions,
    handlers: Handlers | undefined,
  ) {
    this.address = listener.address;
    this.#listener = listener;
    this.#options = options;
    this.#limits = checkedLimits(options.limits);
    this.#clock = serverClock(options.clock);
    this.#peerOptions = {
      ...pickOptions(options, SERVED_OPTIONS),
      handlers,
      memory: options.memory ?? new MemoryBudget(options.maxTotalHeldBytes),
      role: "acceptor",
    };
    const now = () => this.#clock.now();
    this.#refusals = new Refusals(options.onRefused, now);
    this.finished = this.#run();
    const remove = onAbort(options.signal, () => void this.close());
    void this.finished.then(remove);
  }

  get stats(): ServerStats {
    const peers = [...this.#peers, ...this.#loggingIn];
    return this.#totals.stats(peers, this.#refusals.total);
  }

  get peers(): ReadonlySet<Peer> {
    return this.#peers;
  }

  async renewCertificate(
    certificate: { readonly cert: string; readonly key: string },
  ): Promise<void> {
    if (this.#listener.renewCertificate === undefined) {
      throw new TypeError(
        `Cannot renew the certificate of ${this.address}: it does not use TLS`,
      );
    }
    await this.#listener.renewCertificate(certificate);
  }

  async drain(options: DrainOptions = {}): Promise<void> {
    checkDrainOptions(options);
    this.#stop();
    const handled = this.#handling.drain(options);
    await this.#endAll((peer) => peer.drain(options));
    await handled;
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#endAll((peer) => peer.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #stop(): void {
    this.#closed = true;
    this.#listener.close();
    for (const channel of [...this.#authenticating, ...this.#refused]) {
      channel.abort(serverClosed());
    }
    this.#wake?.();
  }

  async #endAll(end: (peer: Peer) => Promise<void>): Promise<void> {
    await Promise.all(Array.from([...this.#peers, ...this.#loggingIn], end));
    await this.finished;
  }

  async #run(): Promise<void> {
    await this.#acceptAll();
    await Promise.all(this.#connections);
  }

  async #acceptAll(): Promise<void> {
    const failures = new AcceptFailures();
    while (!this.#closed) {
      try {
        const channel = await this.#listener.accept();
        if (channel === null) return;
        failures.reset();
        const connection = this.#accepted(channel);
        this.#connections.add(connection);
        void connection.then(() => this.#connections.delete(connection));
      } catch (error) {
        if (isConnectionFailure(error)) this.#refusals.lost(error, undefined);
        else this.#refusals.refused(error, undefined);
        const delay = failures.delayAfter(error);
        if (delay > 0) await this.#sleep(delay);
      }
    }
  }

  /** Admits or refuses a connection, and waits for its end. Never rejects. */
  async #accepted(channel: Channel): Promise<void> {
    const { login } = this.#options;
    let peer: Peer;
    try {
      peer = await this.#admit(channel);
    } catch (error) {
      this.#authenticating.delete(channel);
      this.#refusals.failed(error, channel.info);
      return await this.#refuse(channel);
    }
    // Not before: closing and counting must find the connection at every moment.
    this.#authenticating.delete(channel);
    this.#totals.opened();
    if (login !== undefined) {
      this.#loggingIn.add(peer);
      try {
        await peer.opened;
      } catch (error) {
        reportNoLogin(this.#refusals, error, channel.info);
        await peer.closed;
        this.#totals.ended(peer);
        return;
      } finally {
        this.#loggingIn.delete(peer);
      }
    }
    this.#peers.add(peer);
    announce(peer, this.#options, this.#refusals);
    await peer.closed;
    this.#peers.delete(peer);
    this.#handling.add(peer);
    this.#totals.ended(peer);
  }

  /** Returns the peer of a connection, which counts as being authenticated. */
  async #admit(channel: Channel): Promise<Peer> {
    const { authenticate, maxConnections = DEFAULT_MAX_CONNECTIONS } =
      this.#options;
    const connections = this.#peers.size + this.#authenticating.size +
      this.#loggingIn.size;
    if (connections >= maxConnections) {
      throw tooManyConnections(connections, maxConnections);
    }
    this.#authenticating.add(channel);
    const auth = await authenticated(authenticate, channel.info, {
      timeout: this.#limits.handshakeTimeout,
      clock: this.#clock,
      observed: this.#refusals.observed,
      mayRespond: false,
      // Promises that last as long as the connection (connections-idle).
      ended: authenticate && endOf(channel),
    });
    if (this.#closed) throw serverClosed();
    return new Peer(channel, { ...this.#peerOptions, auth });
  }

  /** Ends a connection with a ProtocolError that does not reveal the reason. */
  async #refuse(channel: Channel): Promise<void> {
    const code = ProtocolErrorCode.abnormal;
    const units = new WriteUnits();
    units.add(encodeVersion());
    for (const unit of encode({ kind: "ProtocolError", code })) units.add(unit);
    this.#refused.add(channel);
    for (const oldest of this.#refused) {
      if (this.#refused.size <= MAX_REFUSED) break;
      this.#refused.delete(oldest);
      oldest.abort();
    }
    const cancel = this.#after(
      this.#limits.closeTimeout,
      () => channel.abort(),
    );
    try {
      await channel.write(units);
    } catch {
      // The remote peer has left already.
    }
    await channel.close({ code });
    cancel();
    this.#refused.delete(channel);
  }

  async #sleep(delay: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#after(delay, resolve);
    this.#wake = resolve;
    await promise;
    cancel();
  }

  /** Schedules a callback; returns a function that cancels it. */
  #after(delay: number, callback: () => void): () => void {
    if (delay === Infinity) return () => {};
    const timer = this.#clock.schedule(callback, delay);
    return () => this.#clock.cancel(timer);
  }
}

/** Rejects once a connection has ended. */
function endOf(channel: Channel): Promise<never> {
  const ended = channel.closed.then(rejectWithError);
  ended.catch(() => {});
  return ended;
}

/** Not in a closure, which would live as long as the connection. */
function rejectWithError({ error }: ChannelEnd): Promise<never> {
  return Promise.reject(error);
}

function serverClosed(): Error {
  return new Error("Cannot accept a connection: the server was closed");
}
