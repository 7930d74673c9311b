/**
 * Peers that are connected to.
 *
 * @module
 */

import { encode, encodeVersion, ProtocolErrorCode } from "./codec/mod.ts";
import {
  type Clock,
  DEFAULT_LIMITS,
  type Handlers,
  type Limits,
  Peer,
  type PeerOptions,
  systemClock,
} from "./peer/mod.ts";
import type { Channel, ChannelInfo, Listener } from "./transport/channel.ts";
import { listen, type ListenOptions } from "./transport/open.ts";
import { WriteUnits } from "./transport/write_units.ts";

export type { ListenOptions };

/** Where to listen, whom to let in, and how their peers are set up. */
export interface ServeOptions
  extends ListenOptions, Omit<PeerOptions, "handlers" | "auth" | "role"> {
  /** Where to accept from, in place of an address. */
  readonly listener?: Listener | undefined;
  /**
   * Decides who may connect. What it returns is the `auth` of the peer and of every context; a connection
   * for which it throws, returns `undefined`, `null` or `false`, or decides nothing within `handshakeTimeout`
   * is refused. Nothing is read of a conversation before it has decided. To decide by what the other side
   * says, use `login`.
   */
  readonly authenticate?: ((info: ChannelInfo) => unknown) | undefined;
  /**
   * Hears of every peer, before anything that it says is acted on, its `login` excepted: of one that has to
   * log in it hears once it has. A peer for which it throws is cut off.
   */
  readonly onPeer?: ((peer: Peer) => void) | undefined;
  /** Hears of connections that were refused or cut off, and of failures to accept. What it throws is ignored. */
  readonly onRefused?:
    | ((error: unknown, info: ChannelInfo | undefined) => void)
    | undefined;
  /** How many connections there can be at a time; 65,536 by default. Further ones are refused. */
  readonly maxConnections?: number | undefined;
}

/** How long to wait after accepting failed, in milliseconds: doubled each time, from the first up to the last. */
const BACK_OFF = { first: 5, last: 1_000 } as const;

/** A server: what accepts peers, and those that it has accepted. */
export interface Server extends AsyncDisposable {
  /** Where it listens, as a URL that a client can connect to. */
  readonly address: string;
  /** The peers that are connected, and have logged in if they have to. */
  readonly peers: ReadonlySet<Peer>;
  /** Resolves when it accepts no more and all its peers have ended; never rejects. */
  readonly finished: Promise<void>;
  /** Accepts no more, lets running requests finish within the time (milliseconds), then closes. */
  drain(options?: { readonly timeout?: number }): Promise<void>;
  /** Accepts no more and closes all peers. */
  close(): Promise<void>;
}

/**
 * Listens and answers whoever connects: over TCP, TLS, a Unix socket or WebSocket.
 *
 * Resolves when it listens. When accepting fails, as with too many open files, it tries again after a
 * while that doubles each time, up to a second. Needs permission to use the network.
 *
 * @throws {Error} If the address cannot be listened on.
 *
 * @example
 * ```ts
 * import { connect, Handlers, serve } from "@gotalk/gotalk";
 * import { assertEquals } from "@std/assert";
 *
 * const handlers = new Handlers().handle("whoami", (_: unknown, { auth }) => auth);
 * await using server = await serve({ authenticate: () => "anybody" }, handlers);
 * await using peer = await connect(server.address);
 * assertEquals(await peer.request("whoami"), "anybody");
 * ```
 */
export async function serve(
  options: ServeOptions,
  handlers?: Handlers,
): Promise<Server> {
  const listener = options.listener ?? await listen(options);
  return new ListeningServer(listener, options, handlers);
}

class ListeningServer implements Server {
  readonly address: string;
  readonly finished: Promise<void>;
  readonly #peers = new Set<Peer>();
  /** Connections on which it is not decided whether they may stay. */
  readonly #undecided = new Set<Channel>();
  /** Peers that have not logged in yet. */
  readonly #strangers = new Set<Peer>();
  /** Connections that are being refused. */
  readonly #refused = new Set<Channel>();
  /** What becomes of each connection, from when it is accepted until it has ended. */
  readonly #connections = new Set<Promise<void>>();
  readonly #listener: Listener;
  readonly #options: ServeOptions;
  readonly #handlers: Handlers | undefined;
  readonly #limits: Limits;
  readonly #clock: Clock;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(
    listener: Listener,
    options: ServeOptions,
    handlers: Handlers | undefined,
  ) {
    this.address = listener.address;
    this.#listener = listener;
    this.#options = options;
    this.#handlers = handlers;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#clock = options.clock ?? systemClock;
    this.finished = this.#run();
  }

  get peers(): ReadonlySet<Peer> {
    return this.#peers;
  }

  async drain(options: { readonly timeout?: number } = {}): Promise<void> {
    this.#stop();
    await this.#endAll((peer) => peer.drain(options));
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
    for (const channel of [...this.#undecided, ...this.#refused]) {
      channel.abort(serverClosed());
    }
    this.#wake?.();
  }

  async #endAll(end: (peer: Peer) => Promise<void>): Promise<void> {
    await Promise.all(Array.from([...this.#peers, ...this.#strangers], end));
    await this.finished;
  }

  async #run(): Promise<void> {
    await this.#acceptAll();
    await Promise.all(this.#connections);
  }

  async #acceptAll(): Promise<void> {
    let pause: number = BACK_OFF.first;
    while (!this.#closed) {
      try {
        const channel = await this.#listener.accept();
        if (channel === null) return;
        pause = BACK_OFF.first;
        const connection = this.#accepted(channel);
        this.#connections.add(connection);
        void connection.then(() => this.#connections.delete(connection));
      } catch (error) {
        this.#tell(error);
        await this.#sleep(pause);
        pause = Math.min(pause * 2, BACK_OFF.last);
      }
    }
  }

  /** Lets a connection in or refuses it, and waits for its end. Never rejects. */
  async #accepted(channel: Channel): Promise<void> {
    let peer: Peer;
    try {
      peer = await this.#admit(channel);
    } catch (error) {
      this.#tell(error, channel.info);
      return await this.#refuse(channel);
    }
    if (this.#options.login !== undefined) {
      this.#strangers.add(peer);
      try {
        await peer.opened;
      } catch (error) {
        this.#tell(error, channel.info);
        await peer.closed;
        return;
      } finally {
        this.#strangers.delete(peer);
      }
    }
    this.#peers.add(peer);
    try {
      this.#options.onPeer?.(peer);
    } catch (error) {
      this.#tell(error, channel.info);
      peer.abort(error);
    }
    await peer.closed;
    this.#peers.delete(peer);
  }

  async #admit(channel: Channel): Promise<Peer> {
    const { maxConnections = 65_536 } = this.#options;
    const connections = this.#peers.size + this.#undecided.size +
      this.#strangers.size;
    if (connections >= maxConnections) {
      throw new Error(
        `Cannot accept a connection: there are ${connections} already, wanted at most ${maxConnections}`,
      );
    }
    this.#undecided.add(channel);
    try {
      const auth = await this.#authenticate(channel);
      if (this.#closed) throw serverClosed();
      return new Peer(channel, {
        ...this.#options,
        handlers: this.#handlers,
        auth,
        role: "acceptor",
      });
    } finally {
      this.#undecided.delete(channel);
    }
  }

  /** What `authenticate` says; rejects also when it takes longer than a handshake may, or the connection ends meanwhile. */
  async #authenticate(channel: Channel): Promise<unknown> {
    const { authenticate } = this.#options;
    if (authenticate === undefined) return undefined;
    const { handshakeTimeout } = this.#limits;
    const { promise: given, reject } = Promise.withResolvers<never>();
    const cancel = this.#after(handshakeTimeout, () =>
      reject(
        new Error(
          `Cannot accept a connection: authenticate decided nothing within ${handshakeTimeout} ms`,
        ),
      ));
    void channel.closed.then(({ error }) => reject(error));
    try {
      const decided = Promise.try(authenticate, channel.info);
      const auth = await Promise.race([decided, given]);
      if (auth === undefined || auth === null || auth === false) {
        throw new Error(
          `Cannot accept a connection: authenticate returned ${auth}, wanted who it is`,
        );
      }
      return auth;
    } finally {
      cancel();
    }
  }

  /** Ends a connection with a ProtocolError that says nothing about why. */
  async #refuse(channel: Channel): Promise<void> {
    const code = ProtocolErrorCode.abnormal;
    const units = new WriteUnits();
    units.add(encodeVersion());
    for (const unit of encode({ kind: "ProtocolError", code })) units.add(unit);
    this.#refused.add(channel);
    const cancel = this.#after(
      this.#limits.closeTimeout,
      () => channel.abort(),
    );
    try {
      await channel.write(units);
    } catch {
      // It has gone already.
    }
    await channel.close({ code });
    cancel();
    this.#refused.delete(channel);
  }

  #tell(error: unknown, info?: ChannelInfo): void {
    try {
      this.#options.onRefused?.(error, info);
    } catch {
      // The hook is the application's, and so is its failure.
    }
  }

  async #sleep(delay: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#after(delay, resolve);
    this.#wake = resolve;
    await promise;
    cancel();
  }

  /** Calls back after a while, which can be for ever; returns what makes sure that it is not called any more. */
  #after(delay: number, callback: () => void): () => void {
    if (delay === Infinity) return () => {};
    const timer = this.#clock.schedule(callback, delay);
    return () => this.#clock.cancel(timer);
  }
}

function serverClosed(): Error {
  return new Error("Cannot accept a connection: the server was closed");
}
