/**
 * Servers.
 *
 * @module
 */

import { type AnyContract, type Contract, Handlers } from "./peer/mod.ts";
import { checkHandlers } from "./peer/peer_options.ts";
import {
  checkServerOptions,
  ListeningServer,
  type Server,
  SERVER_OPTIONS,
  type ServerOptions,
} from "./listening_server.ts";
import type { Listener } from "./transport/channel.ts";
import type { RefusalObserver } from "./transport/refusals.ts";
import { checkOptionNames, type OptionNames } from "./quoting/option_names.ts";
import {
  listen,
  LISTEN_OPTIONS,
  type ListenOptions,
} from "./transport/open.ts";

export type { ListenOptions, RefusalObserver, Server, ServerOptions };

/** Options of {@linkcode serve}: the address to listen on, and those of the server and its peers. */
export interface ServeOptions<
  Called extends Contract = AnyContract,
  Auth = unknown,
> extends ListenOptions, ServerOptions<Called, Auth> {
  /** A listener to accept from, instead of an address. */
  readonly listener?: Listener | undefined;
}

const SERVE_OPTIONS: OptionNames<ServeOptions> = {
  ...LISTEN_OPTIONS,
  ...SERVER_OPTIONS,
  listener: 1,
};

/**
 * Listens on an address and serves each connection with handlers: over TCP, TLS,
 * a Unix socket or WebSocket.
 *
 * Resolves when the server listens. If accepting fails, for example because too
 * many files are open, it is repeated after a delay that doubles up to one
 * second. A connection that ends before it is accepted delays no other one. Requires the permission to use the network.
 *
 * With `cert` and `key`, the runtime keeps the connection of a client that never
 * finishes its TLS handshake until the client leaves, although the server has
 * ended it: as many as the process may have open files shut the server. On an
 * untrusted network, terminate TLS in a proxy, or pass `tlsEngine: "node"`.
 *
 * @throws {Error} If the server cannot listen on the address. If the signal has
 * aborted before it listens, rejects with its reason.
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If an option is unknown or of the wrong kind, or no request can match
 * it, such as a string for `origins`.
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
export async function serve<
  Called extends Contract = AnyContract,
  Auth = unknown,
>(
  options: ServeOptions<Called, Auth>,
  handlers?: Handlers<AnyContract, Called, Auth>,
): Promise<Server<Called, Auth>> {
  if (options instanceof Handlers) {
    throw new TypeError("Cannot serve: got Handlers, wanted options first");
  }
  checkOptionNames(options as ServeOptions, SERVE_OPTIONS);
  checkServerOptions(options as ServerOptions);
  checkHandlers(handlers as Handlers | undefined);
  options.signal?.throwIfAborted();
  const listener = options.listener ?? await listen(options);
  if (options.signal?.aborted) {
    listener.close();
    throw options.signal.reason;
  }
  const server = new ListeningServer(
    listener,
    options as ServerOptions,
    handlers as Handlers | undefined,
  );
  return server as Server as Server<Called, Auth>;
}
