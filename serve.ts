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
  Peer,
  type PeerOptions,
  systemClock,
} from "./peer/mod.ts";
import type { Channel, ChannelInfo, Listener } from "./transport/channel.ts";
import { listen, type ListenOptions } from "./transport/open.ts";
import { WriteUnits } from "./transport/write_units.ts";

/** Where to listen, whom to let in, and how their peers are set up. */
export interface ServeOptions
  extends ListenOptions, Omit<PeerOptions, "handlers" | "auth" | "role"> {
  /** Where to accept from, in place of an address. */
  readonly listener?: Listener | undefined;
  /**
   * Decides who may connect. What it returns is the `auth` of the peer and of every context; a connection
   * for which it throws, or rejects, is refused. Nothing is read of a conversation before it has decided.
   */
  readonly authenticate?: ((info: ChannelInfo) => unknown) | undefined;
  /** Hears of every peer, before anything that it says is acted on. */
  readonly onPeer?: ((peer: Peer) => void) | undefined;
  /** Hears of connections that were refused, and of failures to accept. */
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
  /** The peers that are connected. */
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
  readonly #listener: Listener;
  readonly #options: ServeOptions;
  readonly #handlers: Handlers | undefined;
  readonly #clock: Clock;
  /** Connections on which it is not decided whether they may stay, or which are being refused. */
  readonly #pending = new Set<Channel>();
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
    this.#clock = options.clock ?? systemClock;
    this.finished = this.#run();
  }

  get peers(): ReadonlySet<Peer> {
    return this.#peers;
  }

  async drain(options: { readonly timeout?: number } = {}): Promise<void> {
    this.#stop();
    await Promise.all(Array.from(this.#peers, (peer) => peer.drain(options)));
    await this.finished;
  }

  async close(): Promise<void> {
    this.#stop();
    await Promise.all(Array.from(this.#peers, (peer) => peer.close()));
    await this.finished;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #stop(): void {
    this.#closed = true;
    this.#listener.close();
    for (const channel of this.#pending) {
      channel.abort(new Error("The server was closed"));
    }
    this.#wake?.();
  }

  async #run(): Promise<void> {
    await this.#acceptAll();
    const ended = Array.from(this.#peers, (peer) => peer.closed);
    const refused = Array.from(this.#pending, (channel) => channel.closed);
    await Promise.all([...ended, ...refused]);
  }

  async #acceptAll(): Promise<void> {
    let pause: number = BACK_OFF.first;
    while (!this.#closed) {
      try {
        const channel = await this.#listener.accept();
        if (channel === null) return;
        pause = BACK_OFF.first;
        void this.#admit(channel);
      } catch (error) {
        this.#options.onRefused?.(error, undefined);
        await this.#sleep(pause);
        pause = Math.min(pause * 2, BACK_OFF.last);
      }
    }
  }

  /** Lets a connection in, or refuses it; that must be decided within the time that a handshake may take. */
  async #admit(channel: Channel): Promise<void> {
    const { authenticate, limits, maxConnections = 65_536, onPeer, onRefused } =
      this.#options;
    const { handshakeTimeout } = { ...DEFAULT_LIMITS, ...limits };
    const timer = this.#clock.schedule(
      () =>
        channel.abort(
          new Error(`Nobody decided within ${handshakeTimeout} ms who it is`),
        ),
      handshakeTimeout,
    );
    this.#pending.add(channel);
    try {
      if (this.#peers.size + this.#pending.size > maxConnections) {
        throw new Error(
          `Cannot accept a connection: there are ${maxConnections} already`,
        );
      }
      const auth = await authenticate?.(channel.info);
      if (this.#closed) {
        throw new Error("Cannot accept a connection: the server is closed");
      }
      const handlers = this.#handlers;
      const peer = new Peer(channel, {
        ...this.#options,
        handlers,
        auth,
        role: "acceptor",
      });
      this.#peers.add(peer);
      void peer.closed.then(() => this.#peers.delete(peer));
      onPeer?.(peer);
    } catch (error) {
      onRefused?.(error, channel.info);
      await refuse(channel);
    } finally {
      this.#clock.cancel(timer);
      this.#pending.delete(channel);
    }
  }

  async #sleep(delay: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#clock.schedule(resolve, delay);
    this.#wake = resolve;
    await promise;
    this.#clock.cancel(timer);
  }
}

/** Ends a connection with a ProtocolError that says nothing about why. */
async function refuse(channel: Channel): Promise<void> {
  const code = ProtocolErrorCode.abnormal;
  const units = new WriteUnits();
  units.add(encodeVersion());
  for (const unit of encode({ kind: "ProtocolError", code })) units.add(unit);
  try {
    await channel.write(units);
  } catch {
    // It has gone already.
  }
  await channel.close({ code });
}
