/**
 * Peers behind an HTTP server, such as `Deno.serve` and Deno Deploy.
 *
 * @module
 */

import { announce, authenticated } from "./admission.ts";
import {
  DEFAULT_LIMITS,
  type Handlers,
  Peer,
  type PeerOptions,
  systemClock,
} from "./peer/mod.ts";
import {
  acceptUpgrade,
  type AcceptUpgradeOptions,
} from "./transport/websocket/upgrade.ts";

/** Options of {@linkcode upgradeHandler}. */
export interface UpgradeHandlerOptions
  extends
    Omit<AcceptUpgradeOptions, "info">,
    Omit<PeerOptions, "handlers" | "auth" | "role"> {
  /**
   * Authenticates a connection by its HTTP request. The return value becomes the
   * `auth` of the peer and of every context. A `Response` refuses the connection
   * and is returned as it is. The connection is refused with status 403 if this
   * throws, returns `undefined`, `null` or `false`, or does not settle within
   * `limits.handshakeTimeout`.
   *
   * Browsers cannot add headers to this request; use `login` to authenticate
   * them by their first message.
   */
  readonly authenticate?: ((request: Request) => unknown) | undefined;
  /**
   * Called for each peer before any of its messages are handled; for a peer that
   * must log in, after it has. If it throws or rejects, the connection is aborted.
   */
  readonly onPeer?: ((peer: Peer) => unknown) | undefined;
}

/**
 * Returns a handler of HTTP requests that accepts WebSockets and serves them with
 * Gotalk handlers.
 *
 * A page of another origin receives status 403, unless `origins` allows it
 * (websocket/origin-checked); see `OriginPolicy`. A request that is not a
 * WebSocket handshake receives status 426, so route other paths before. Pass the
 * request as the server made it: the runtime drops the connection of a copy
 * (`new Request(request)`, `request.clone()`) after the upgrade.
 *
 * The runtime's HTTP server has limits that `serve` has not: a client that
 * ignores the close of its WebSocket keeps its connection, too many open files
 * end the server, and a message of up to 64 MiB is buffered before any of it is
 * read. Put a proxy in front that limits connections and the size of messages.
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
 */
export function upgradeHandler(
  handlers: Handlers,
  options: UpgradeHandlerOptions = {},
): (request: Request, info?: Deno.ServeHandlerInfo) => Promise<Response> {
  const { authenticate, clock = systemClock, limits, login, onPeer } = options;
  const { handshakeTimeout } = { ...DEFAULT_LIMITS, ...limits };
  return async (request, info) => {
    let auth: unknown;
    try {
      auth = await authenticated(authenticate, request, {
        timeout: handshakeTimeout,
        clock,
      });
    } catch {
      return new Response("Forbidden", { status: 403 });
    }
    if (auth instanceof Response) return auth;
    const { response, channel } = acceptUpgrade(request, { ...options, info });
    if (channel === undefined) return response;
    const peer = new Peer(channel, {
      ...options,
      handlers,
      auth,
      role: "acceptor",
    });
    if (login === undefined) announce(peer, onPeer);
    else peer.opened.then(() => announce(peer, onPeer), () => {});
    return response;
  };
}
