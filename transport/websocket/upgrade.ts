/**
 * Accepting channels over WebSocket within an HTTP server: `Deno.serve` and Deno Deploy.
 *
 * @module
 */

import { type AcceptOptions, decide } from "./_negotiate.ts";
import { netAddress } from "../address.ts";
import type { Channel } from "../channel.ts";
import { socketChannel } from "./standard_socket.ts";
import type { SocketOptions } from "./_standard_carrier.ts";

export type { OriginPolicy } from "./_origin.ts";
export type { AcceptOptions, SocketOptions };

/** Options of {@linkcode acceptUpgrade}. */
export interface AcceptUpgradeOptions extends AcceptOptions, SocketOptions {
  /** What `Deno.serve` says of the connection, for the channel's `info.remote`. */
  readonly info?: Deno.ServeHandlerInfo | undefined;
  /** After how many seconds without a sign of life the runtime ends the connection; it pings at half of them. The runtime's default is 30; 0 is never. */
  readonly idleTimeout?: number | undefined;
}

/** What becomes of a request. */
export interface UpgradeResult {
  /** The response to give: it opens the WebSocket, or refuses. */
  readonly response: Response;
  /** The channel, which can be used once the response has been given; `undefined` when it refuses. */
  readonly channel: Channel | undefined;
}

/**
 * Opens a channel over the WebSocket that a request asks for.
 *
 * A request that asks for none gets a response with 426, one that asks wrongly 400, and one from an
 * origin that is not accepted 403. To let in only some users, look at the request before. What is said
 * of {@linkcode socketChannel} about limits holds here.
 *
 * @example
 * ```ts
 * import { connectWebSocket } from "@gotalk/gotalk/transport/websocket";
 * import { acceptUpgrade } from "@gotalk/gotalk/transport/websocket-upgrade";
 *
 * await using server = Deno.serve(
 *   { hostname: "127.0.0.1", port: 0, onListen() {} },
 *   (request, info) => {
 *     const { response, channel } = acceptUpgrade(request, { info });
 *     void channel?.close();
 *     return response;
 *   },
 * );
 * const channel = await connectWebSocket(`ws://127.0.0.1:${server.addr.port}`);
 * await channel.close();
 * ```
 */
export function acceptUpgrade(
  request: Request,
  options: AcceptUpgradeOptions = {},
): UpgradeResult {
  const agreement = decide(request, options);
  if (agreement instanceof Response) {
    return { response: agreement, channel: undefined };
  }
  const { protocol } = agreement;
  const { idleTimeout } = options;
  // Now, as request and connection say nothing any more once it has been upgraded.
  const info = {
    request: new Request(request.url, { headers: request.headers }),
    remote: remoteAddress(options.info?.remoteAddr),
    secure: request.url.startsWith("https:"),
  };
  const { response, socket } = Deno.upgradeWebSocket(request, {
    ...(protocol === "" ? {} : { protocol }),
    ...(idleTimeout === undefined ? {} : { idleTimeout }),
  });
  const channel = socketChannel(socket, { ...options, info });
  return { response, channel };
}

function remoteAddress(address: Deno.Addr | undefined): string | undefined {
  return address?.transport === "tcp" ? netAddress("tcp", address) : undefined;
}
