/**
 * Peers behind an HTTP server: `Deno.serve` and Deno Deploy.
 *
 * @module
 */

import { type Handlers, Peer, type PeerOptions } from "./peer/mod.ts";
import {
  acceptUpgrade,
  type AcceptUpgradeOptions,
} from "./transport/websocket/upgrade.ts";

/** Whom to let in, and how their peers are set up. */
export interface UpgradeHandlerOptions
  extends
    Omit<AcceptUpgradeOptions, "info">,
    Omit<PeerOptions, "handlers" | "auth" | "role"> {
  /**
   * Decides who may connect, by the request that asks for the WebSocket. What it returns is the `auth` of
   * the peer and of every context. A `Response` refuses and is given as it is; throwing, or `undefined`,
   * `null` or `false`, refuses with 403.
   * Browsers cannot add headers to it; what they can say first over the WebSocket is for `login`.
   */
  readonly authenticate?: ((request: Request) => unknown) | undefined;
  /** Hears of every peer, before anything that it says is acted on, its `login` excepted: of one that has to log in it hears once it has. */
  readonly onPeer?: ((peer: Peer) => void) | undefined;
}

/**
 * Answers HTTP requests that ask for a WebSocket, and talks Gotalk over it.
 *
 * A page of another origin is refused with 403, unless `origins` allows it; see `OriginPolicy`. A request
 * that asks for no WebSocket gets 426: handle your other paths before.
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
  const { authenticate, login, onPeer } = options;
  return async (request, info) => {
    let auth: unknown;
    if (authenticate !== undefined) {
      try {
        auth = await authenticate(request) ?? false;
      } catch {
        auth = false;
      }
      if (auth === false) return new Response("Forbidden", { status: 403 });
      if (auth instanceof Response) return auth;
    }
    const { response, channel } = acceptUpgrade(request, { ...options, info });
    if (channel !== undefined) {
      const peer = new Peer(channel, {
        ...options,
        handlers,
        auth,
        role: "acceptor",
      });
      const welcome = () => {
        try {
          onPeer?.(peer);
        } catch (error) {
          // The upgrade cannot be taken back, but nobody knows what to do with this peer.
          peer.abort(error);
        }
      };
      if (login === undefined) welcome();
      else peer.opened.then(welcome, () => {});
    }
    return response;
  };
}
