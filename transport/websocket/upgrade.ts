/**
 * Accepting channels over WebSocket within an HTTP server: `Deno.serve` and
 * Deno Deploy.
 *
 * @module
 */

import type { Channel } from "../channel.ts";
import type { ProxyOptions } from "./_forwarded.ts";
import { type AcceptOptions, negotiate } from "./_negotiate.ts";
import type { SocketOptions } from "./_standard_carrier.ts";
import { receivedRequest } from "./received_request.ts";
import { socketChannel } from "./standard_socket.ts";

export type { HostPolicy } from "./_hosts.ts";
export type { OriginPolicy } from "./_origin.ts";
export type { AcceptOptions, ProxyOptions, SocketOptions };

/** Options of {@linkcode acceptUpgrade}. */
export interface AcceptUpgradeOptions extends AcceptOptions, SocketOptions {
  /**
   * The second argument of the handler: without it, `info.remote` is unknown, no
   * proxy is trusted, and pages count as connecting from a loopback address.
   */
  readonly info?: Deno.ServeHandlerInfo | undefined;
  /**
   * Seconds without a frame from the client after which the runtime ends the
   * connection. It sends a ping after half of them. The default of the runtime
   * is 30; 0 disables it.
   */
  readonly idleTimeout?: number | undefined;
}

/** The outcome of {@linkcode acceptUpgrade}. */
export interface UpgradeResult {
  /** The response to return: it opens the WebSocket, or refuses. */
  readonly response: Response;
  /**
   * The channel, usable once the response has been returned; `undefined` if
   * the request is refused.
   */
  readonly channel: Channel | undefined;
}

/**
 * Accepts a WebSocket upgrade request, and opens a channel over the WebSocket.
 *
 * Refuses a request without an upgrade with 426, an invalid one with 400, and
 * one from a foreign origin or to a foreign host with 403. To authenticate users, check the request
 * first. The limits of {@linkcode socketChannel} apply.
 *
 * The request must be the object that the server passed to its handler: the
 * runtime cannot upgrade a copy, such as `new Request(request)`.
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
  const received = receivedRequest(request, options.info, options);
  const upgrade = negotiate(received, options);
  if (upgrade instanceof Response) {
    return { response: upgrade, channel: undefined };
  }
  const { protocol } = upgrade;
  const { idleTimeout } = options;
  const { remote, secure } = received;
  // Copied now: after the upgrade, request and connection reveal nothing.
  const { url, headers } = received.request;
  const info = {
    request: new Request(url, { headers }),
    remote: remote === "unix:" ? undefined : remote,
    secure,
  };
  const { response, socket } = Deno.upgradeWebSocket(request, {
    ...(protocol === "" ? {} : { protocol }),
    ...(idleTimeout === undefined ? {} : { idleTimeout }),
  });
  const channel = socketChannel(socket, { ...options, info });
  return { response, channel };
}
