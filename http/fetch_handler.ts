/**
 * One handler for WebSockets and plain HTTP.
 *
 * @module
 */

import {
  type AnyContract,
  type Contract,
  type DrainOptions,
  type Handlers,
  MemoryBudget,
} from "../peer/mod.ts";
import {
  checkOptionNames,
  type OptionNames,
  pickOptions,
} from "../quoting/option_names.ts";
import type { HttpConnection } from "../transport/websocket/http_connection.ts";
import type { ServerStats } from "../server_stats.ts";
import {
  UPGRADE_HANDLER_OPTIONS,
  type UpgradeHandler,
  upgradeHandler,
  type UpgradeHandlerOptions,
} from "../upgrade_handler.ts";
import {
  HTTP_HANDLER_OPTIONS,
  httpHandler,
  type HttpHandlerOptions,
} from "./http_handler.ts";

const FETCH_HANDLER_OPTIONS: OptionNames<FetchHandlerOptions> = {
  ...HTTP_HANDLER_OPTIONS,
  ...UPGRADE_HANDLER_OPTIONS,
};

/** Options of {@linkcode fetchHandler}: those of `upgradeHandler` and `httpHandler`. */
export interface FetchHandlerOptions<
  Called extends Contract = AnyContract,
  Auth = unknown,
> extends
  UpgradeHandlerOptions<Called, Auth>,
  Omit<HttpHandlerOptions<Auth>, keyof UpgradeHandlerOptions> {
}

/**
 * Returns a handler of HTTP requests that serves Gotalk handlers over WebSocket
 * (see `upgradeHandler`) and to any HTTP client (see `httpHandler`).
 *
 * It needs neither a listening API nor files, and shares nothing with other
 * instances, so it runs wherever a program exports `fetch`: under `deno serve` and
 * on Deno Deploy, or within `Deno.serve` or a framework, which must pass on the
 * request itself and the second argument. `peers` and `onPeer` concern WebSockets
 * only, `stats` both. Both share the memory of `maxTotalHeldBytes`.
 *
 * @throws {TypeError} If an option is invalid.
 * @throws {RangeError} If a number is out of its range.
 *
 * @example
 * ```ts
 * import { connect, fetchHandler, Handlers } from "@gotalk/gotalk";
 * import { assertEquals } from "@std/assert";
 *
 * const handlers = new Handlers()
 *   .handleText("greet", (name) => `Hello ${name}`, { safe: true });
 * await using server = Deno.serve(
 *   { hostname: "127.0.0.1", port: 0, onListen() {} },
 *   fetchHandler(handlers),
 * );
 * const { port } = server.addr;
 * const response = await fetch(`http://127.0.0.1:${port}/greet?input=Ali`);
 * assertEquals(await response.text(), "Hello Ali");
 * await using peer = await connect(`ws://127.0.0.1:${port}`);
 * assertEquals(await peer.requestText("greet", "Ali"), "Hello Ali");
 * ```
 *
 * @example A whole program for `deno serve` and Deno Deploy
 * ```ts ignore
 * import { fetchHandler, Handlers } from "@gotalk/gotalk";
 *
 * const handlers = new Handlers().handle("add", ([a, b]: [number, number]) => a + b);
 *
 * export default { fetch: fetchHandler(handlers) };
 * ```
 */
export function fetchHandler<
  Called extends Contract = AnyContract,
  Auth = unknown,
>(
  handlers: Handlers<AnyContract, Called, Auth>,
  options: FetchHandlerOptions<Called, Auth> = {},
): UpgradeHandler<Called, Auth> {
  checkOptionNames(options as FetchHandlerOptions, FETCH_HANDLER_OPTIONS);
  const memory = options.memory ?? new MemoryBudget(options.maxTotalHeldBytes);
  const shared = { ...options as FetchHandlerOptions, memory };
  const sockets = upgradeHandler<Called, Auth>(
    handlers,
    pickOptions(shared, UPGRADE_HANDLER_OPTIONS) as UpgradeHandlerOptions<
      Called,
      Auth
    >,
  );
  const calls = httpHandler<Called, Auth>(
    handlers,
    pickOptions(shared, HTTP_HANDLER_OPTIONS) as HttpHandlerOptions<Auth>,
  );

  function handle(
    request: Request,
    info?: HttpConnection,
  ): Promise<Response> {
    const upgrade = request.headers.get("upgrade")?.toLowerCase();
    return upgrade === "websocket"
      ? sockets(request, info)
      : calls(request, info);
  }

  const close = async () => {
    await Promise.all([sockets.close(), calls.close()]);
  };
  const stats = { get: () => sumOf(sockets.stats, calls.stats) };
  Object.defineProperty(handle, "stats", stats);
  return Object.assign(handle as typeof handle & { stats: ServerStats }, {
    peers: sockets.peers,
    async drain(options?: DrainOptions) {
      await Promise.all([sockets.drain(options), calls.drain(options)]);
    },
    close,
    [Symbol.asyncDispose]: close,
  });
}

function sumOf(one: ServerStats, other: ServerStats): ServerStats {
  const sum: Record<string, number> = { ...one };
  for (const [name, value] of Object.entries(other)) sum[name]! += value;
  return sum as unknown as ServerStats;
}
