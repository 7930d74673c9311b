/**
 * Channels over WebSocket, in every runtime.
 *
 * To accept them there are modules of their own: `websocket-listener`, with a port to itself, and
 * `websocket-upgrade`, within an HTTP server.
 *
 * @module
 */

import type { DialOptions } from "../dial.ts";
import type { FramingOptions } from "./_own_carrier.ts";
import { openSocket } from "./_standard_client.ts";
import type { Channel } from "../channel.ts";
import type { SocketChannelOptions } from "./standard_socket.ts";

export { socketChannel, type SocketChannelOptions } from "./standard_socket.ts";
export type { DialOptions, FramingOptions };

/** Options of {@linkcode connectWebSocket}. */
export interface ConnectWebSocketOptions
  extends DialOptions, Omit<SocketChannelOptions, "info"> {
  /** The subprotocols to offer, best first; none by default. */
  readonly protocols?: readonly string[] | undefined;
  /**
   * Headers of the request, in Deno. `Origin` is the server's own unless it is here, as some servers,
   * the Go reference among them, refuse a request without one.
   */
  readonly headers?: HeadersInit | undefined;
  /** Certificates in PEM that are trusted beside those that the runtime trusts, in Deno. */
  readonly caCerts?: readonly string[] | undefined;
}

/**
 * Opens a channel over WebSocket.
 *
 * In Deno it does without the runtime's `WebSocket`, which holds most messages back until the other
 * side's delayed acknowledgement, and needs permission to use the network. Elsewhere it is a {@linkcode socketChannel} on the
 * runtime's `WebSocket`, with what is said there about its limits.
 *
 * @param url A `ws:` or `wss:` URL; `http:` and `https:` mean the WebSocket there.
 * @throws {TypeError} If the URL is of another kind, has credentials, or a header or subprotocol cannot
 * be sent, or not by this runtime.
 * @throws {Error} If connecting fails or the server does not agree; `cause` says why. If the signal is
 * aborted, its reason.
 *
 * @example
 * ```ts
 * import { connectWebSocket } from "@gotalk/gotalk/transport/websocket";
 * import { listenWebSocket } from "@gotalk/gotalk/transport/websocket-listener";
 * import { assertEquals } from "@std/assert";
 *
 * await using listener = listenWebSocket();
 * const [a, b] = await Promise.all([connectWebSocket(listener.address), listener.accept()]);
 * await Promise.all([a.close({ code: 3 }), b!.close()]);
 * assertEquals((await b!.closed).code, 4003);
 * ```
 */
export async function connectWebSocket(
  url: string | URL,
  options: ConnectWebSocketOptions = {},
): Promise<Channel> {
  const address = toWebSocketUrl(url);
  if (!hasSockets()) return await openSocket(address, options);
  const { dialWebSocket } = await import("./_own_client.ts");
  return await dialWebSocket(address, options);
}

function toWebSocketUrl(url: string | URL): URL {
  const address = new URL(url);
  if (address.protocol === "http:") address.protocol = "ws:";
  if (address.protocol === "https:") address.protocol = "wss:";
  if (address.protocol !== "ws:" && address.protocol !== "wss:") {
    throw new TypeError(
      `Cannot connect to ${address}: wanted a URL with ws:, wss:, http: or https:`,
    );
  }
  address.hash = "";
  return address;
}

/** Whether the runtime gives programs sockets as Deno does. */
function hasSockets(): boolean {
  const { Deno } = globalThis as { Deno?: { connect?: unknown } };
  return typeof Deno?.connect === "function";
}
