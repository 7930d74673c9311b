/**
 * Peers behind an HTTP server, such as `Deno.serve` and Deno Deploy.
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
import {
  type AnyContract,
  type Contract,
  type DrainOptions,
  type Handlers,
  type Identity,
  MemoryBudget,
  Peer,
  type PeerOptions,
} from "./peer/mod.ts";
import { checkFunctions } from "./peer/checked_function.ts";
import { checkDrainOptions } from "./peer/drain_options.ts";
import { checkedLimits } from "./peer/limits.ts";
import {
  checkHandlers,
  checkPeerOptions,
  SERVED_OPTIONS,
} from "./peer/peer_options.ts";
import {
  checkOptionNames,
  type OptionNames,
  pickOptions,
} from "./quoting/option_names.ts";
import { pageScript, type PageScriptOption } from "./http/page_script.ts";
import type { Channel, ChannelInfo } from "./transport/channel.ts";
import { type ServerStats, ServerTotals } from "./server_stats.ts";
import { checkNumbers } from "./transport/number_option.ts";
import type { HttpConnection } from "./transport/websocket/http_connection.ts";
import { type RefusalObserver, Refusals } from "./transport/refusals.ts";
import {
  type AcceptUpgradeOptions,
  checkUpgradeOptions,
  decideUpgrade,
  openUpgrade,
  UPGRADE_OPTIONS,
  type UpgradeDecision,
} from "./transport/websocket/upgrade_decision.ts";

export type { HttpConnection };

/** Options of {@linkcode upgradeHandler}. */
export interface UpgradeHandlerOptions<
  Called extends Contract = AnyContract,
  Auth = unknown,
> extends
  Omit<AcceptUpgradeOptions, "info" | "idleTimeout">,
  Omit<PeerOptions<Auth>, "handlers" | "auth" | "role">,
  PageScriptOption {
  /**
   * Seconds without a frame from the client after which the runtime ends the
   * connection, after a ping; 0 by default, which disables it:
   * `limits.receiveTimeout` ends a silent connection. A large message that takes
   * longer to arrive or to leave counts as silence.
   */
  readonly idleTimeout?: number | undefined;
  /**
   * Authenticates a connection by its HTTP request. The return value becomes the
   * `auth` of the peer and of every context. A `Response` refuses the connection
   * and is returned as it is. The connection is refused with status 403 if this
   * throws, or returns `undefined`, `null` or `false`; with status 503, after
   * which a reconnecting client tries again, if it does not settle within
   * `limits.handshakeTimeout` or throws a `TimeoutError`. It is not called for a
   * request that is refused for another reason, such as its origin.
   *
   * Browsers cannot add headers to this request; use `login` to authenticate
   * them by their first message.
   */
  readonly authenticate?:
    | ((request: Request) => Identity<Auth | Response>)
    | undefined;
  /**
   * Called for each peer before any of its messages are handled; for a peer that
   * must log in, after it has. If it throws or rejects, the connection is aborted.
   */
  readonly onPeer?: ((peer: Peer<Called, Auth>) => unknown) | undefined;
  /**
   * Maximum of the memory that all connections together make the handler hold,
   * in bytes; 144 MiB by default. See `MemoryBudget`, and `memory` to share one
   * between handlers.
   */
  readonly maxTotalHeldBytes?: number | undefined;
  /**
   * Called for each connection that is refused or aborted, with the reason. Its
   * first failure is printed with `console.error`.
   */
  readonly onRefused?: RefusalObserver | undefined;
  /**
   * Maximum number of connections, those being authenticated included; 65,536
   * by default. Further ones receive status 503.
   */
  readonly maxConnections?: number | undefined;
}

/** The names of the options of {@linkcode upgradeHandler}. */
export const UPGRADE_HANDLER_OPTIONS: OptionNames<UpgradeHandlerOptions> = {
  ...SERVED_OPTIONS,
  ...UPGRADE_OPTIONS,
  authenticate: 1,
  maxConnections: 1,
  maxTotalHeldBytes: 1,
  onPeer: 1,
  script: 1,
};

interface UpgradeStats {
  /** Totals of all connections, those that have ended included. */
  readonly stats: ServerStats;
}

/** A handler of HTTP requests, and the peers of the WebSockets that it accepted. */
export interface UpgradeHandler<
  Called extends Contract = AnyContract,
  Auth = unknown,
> extends AsyncDisposable {
  /** Accepts a WebSocket, or refuses the request. */
  (request: Request, info?: HttpConnection): Promise<Response>;
  /** The connected peers that have logged in, if they must. */
  readonly peers: ReadonlySet<Peer<Called, Auth>>;
  /** Totals of all connections, those that have ended included. */
  readonly stats: ServerStats;
  /**
   * Answers further requests with status 503, and drains all peers: calls that
   * run are answered, and Gotalk requests that arrive are refused with a
   * RetryResult. The HTTP server goes on; shut it down afterwards, since that
   * ends the WebSockets at once. A handler may begin it, but must not await it.
   */
  drain(options?: DrainOptions): Promise<void>;
  /** Answers further requests with status 503, and closes all peers. */
  close(): Promise<void>;
}

/**
 * Returns a handler of HTTP requests that accepts WebSockets and serves them with
 * Gotalk handlers.
 *
 * A page of another origin receives status 403, unless `origins` allows it
 * (websocket/origin-checked); see `OriginPolicy`. So does a page of another host
 * that resolves to this machine; see `hosts`. A request for `…/gotalk.js` receives
 * the script for pages, see `script`; any other that is not a WebSocket handshake
 * receives status 426, so route other paths before.
 *
 * Pass both arguments of the HTTP server's handler on: the second one has the
 * client's address, and the runtime drops the connection of a copied request
 * (`new Request(request)`, `request.clone()`) after the upgrade.
 *
 * The runtime's HTTP server has limits that `serve` has not: a client that
 * ignores the close of its WebSocket keeps its connection, too many open files
 * end the server, and a message of up to 64 MiB is buffered before any of it is
 * read. Put a proxy in front that limits connections and the size of messages.
 *
 * @throws {TypeError} If an option is unknown, or `origins`, `hosts`, `protocols`, `trustedProxies` or
 * `proxyHeaders` is invalid.
 * @throws {RangeError} If a number is out of its range.
 *
 * @example
 * ```ts
 * import { connect, Handlers, upgradeHandler } from "@gotalk/gotalk";
 * import { assertEquals } from "@std/assert";
 *
 * const handlers = new Handlers().handle("greet", (name: string) => `Hello ${name}`);
 * await using server = Deno.serve(
 *   { hostname: "127.0.0.1", port: 0, onListen() {} },
 *   upgradeHandler(handlers),
 * );
 * await using peer = await connect(`ws://127.0.0.1:${server.addr.port}`);
 * assertEquals(await peer.request("greet", "Rasmus"), "Hello Rasmus");
 * ```
 *
 * @example A server that loses no call when it is ended
 * ```ts ignore
 * const gotalk = upgradeHandler(handlers);
 * const server = Deno.serve(gotalk);
 * Deno.addSignalListener("SIGTERM", async () => {
 *   await gotalk.drain({ timeout: 10_000, quiet: 1_000 });
 *   await server.shutdown();
 * });
 * ```
 */
export function upgradeHandler<
  Called extends Contract = AnyContract,
  Auth = unknown,
>(
  handlers: Handlers<AnyContract, Called, Auth>,
  options: UpgradeHandlerOptions<Called, Auth> = {},
): UpgradeHandler<Called, Auth> {
  checkHandlers(handlers as Handlers | undefined);
  checkOptionNames(options as UpgradeHandlerOptions, UPGRADE_HANDLER_OPTIONS);
  checkPeerOptions(options);
  checkFunctions(options, ["authenticate", "onPeer", "onRefused"]);
  checkUpgradeOptions(options);
  checkNumbers(options, { maxConnections: 0, maxTotalHeldBytes: 1 });
  const {
    login,
    maxConnections = DEFAULT_MAX_CONNECTIONS,
  } = options;
  const clock = serverClock(options.clock);
  const refusals = new Refusals(options.onRefused, () => clock.now());
  const totals = new ServerTotals();
  const { handshakeTimeout } = checkedLimits(options.limits);
  const peerOptions: PeerOptions = {
    ...pickOptions(options as UpgradeHandlerOptions, SERVED_OPTIONS),
    handlers: handlers as Handlers,
    memory: options.memory ?? new MemoryBudget(options.maxTotalHeldBytes),
    role: "acceptor",
  };
  /** Connections that are open or being authenticated. */
  let connections = 0;
  let isClosed = false;
  const peers = new Set<Peer<Called, Auth>>();
  /** Peers that have not logged in yet. */
  const loggingIn = new Set<Peer<Called, Auth>>();
  const handling = new HandlingPeers();

  const leave = () => void connections--;

  async function endAll(
    end: (peer: Peer<Called, Auth>) => Promise<void>,
  ): Promise<void> {
    isClosed = true;
    await Promise.all(Array.from([...peers, ...loggingIn], end));
  }

  /** Reports why a connection is refused, and returns the response. */
  function unavailable(reason: unknown, info: ChannelInfo): Response {
    refusals.refused(reason, info);
    return new Response("Service unavailable\n", { status: 503 });
  }

  /** Returns an identity, or the response that refuses a request. */
  async function identify(
    { request, info }: UpgradeDecision,
  ): Promise<unknown> {
    try {
      const auth = await authenticated(options.authenticate, request, {
        timeout: handshakeTimeout,
        clock,
        observed: refusals.observed,
        mayRespond: true,
      });
      if (!(auth instanceof Response)) return auth;
      const reason = new Error(
        `Cannot accept a connection: authenticate responded with status ${auth.status}`,
      );
      refusals.refused(reason, info);
      return auth;
    } catch (error) {
      // The client may try again: it was not turned away.
      if (isTimeout(error)) return unavailable(error, info);
      refusals.refused(error, info);
      return new Response("Forbidden\n", { status: 403 });
    }
  }

  /** Serves the peer of an open WebSocket. */
  function serveChannel(channel: Channel, auth: unknown): void {
    const peer = new Peer<Called, Auth>(channel, { ...peerOptions, auth });
    connections++;
    totals.opened();
    const entered = login === undefined ? peers : loggingIn;
    entered.add(peer);
    void peer.closed.then(() => {
      leave();
      peers.delete(peer);
      loggingIn.delete(peer);
      handling.add(peer);
      totals.ended(peer);
    });
    if (login === undefined) return announce(peer, options, refusals);
    peer.opened.then(
      () => {
        if (loggingIn.delete(peer)) peers.add(peer);
        announce(peer, options, refusals);
      },
      (error) => reportNoLogin(refusals, error, channel.info),
    );
  }

  async function handle(
    request: Request,
    info?: HttpConnection,
  ): Promise<Response> {
    const script = pageScript(request, options);
    if (script !== undefined) return await script;
    const decision = decideUpgrade(request, { ...options, info });
    const { info: known, outcome } = decision;
    if (outcome instanceof Response) {
      refusals.refused(outcome.reason, known);
      return outcome;
    }
    if (isClosed) return unavailable(handlerClosed(), known);
    if (connections >= maxConnections) {
      return unavailable(
        tooManyConnections(connections, maxConnections),
        known,
      );
    }
    connections++;
    try {
      const auth = await identify(decision);
      if (auth instanceof Response) return auth;
      if (isClosed) return unavailable(handlerClosed(), known);
      const { response, channel } = openUpgrade(request, outcome, known, {
        ...options,
        info,
        // The peer notices silence itself. The runtime would also end a slow
        // connection, on which a ping waits behind a large message.
        idleTimeout: options.idleTimeout ?? 0,
      });
      serveChannel(channel, auth);
      return response;
    } finally {
      leave();
    }
  }

  const close = () => endAll((peer) => peer.close());
  const stats = {
    get: () => totals.stats([...peers, ...loggingIn], refusals.total),
  };
  Object.defineProperty(handle, "stats", stats);
  return Object.assign(handle as typeof handle & UpgradeStats, {
    peers,
    async drain(options: DrainOptions = {}) {
      checkDrainOptions(options);
      const handled = handling.drain(options);
      await endAll((peer) => peer.drain(options));
      await handled;
    },
    close,
    [Symbol.asyncDispose]: close,
  });
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}

function handlerClosed(): Error {
  return new Error("Cannot accept a connection: the handler was closed");
}
