/**
 * Channels over WebSocket, in every runtime.
 *
 * To accept them, use `websocket-listener` for a separate port, or
 * `websocket-upgrade` within an HTTP server.
 *
 * @module
 */

import { checkOptionNames } from "../../quoting/option_names.ts";
import type { Channel } from "../channel.ts";
import type { DialOptions } from "../dial.ts";
import type { TlsClientOptions } from "../tls_client_options.ts";
import {
  CONNECT_OPTIONS,
  type ConnectWebSocketOptions,
} from "./connect_options.ts";
import type { FramingOptions } from "./_own_carrier.ts";
import { checkSocketOptions } from "./_standard_carrier.ts";
import { connectStandardSocket } from "./_standard_client.ts";

export { UpgradeResponseError } from "./upgrade_response_error.ts";
export { WebSocketCloseError } from "./web_socket_close_error.ts";
export { socketChannel, type SocketChannelOptions } from "./standard_socket.ts";
export type {
  ConnectWebSocketOptions,
  DialOptions,
  FramingOptions,
  TlsClientOptions,
};

/**
 * Opens a channel over WebSocket.
 *
 * In Deno it uses own framing on a socket, and needs permission to use the
 * network: the runtime's `WebSocket` client delays most messages until the
 * delayed acknowledgement of the remote side. Elsewhere the channel is a
 * {@linkcode socketChannel} on the runtime's `WebSocket`, with its limits.
 *
 * @param url A `ws:` or `wss:` URL; `http:` and `https:` stand for the
 * WebSocket at that URL.
 * @throws {TypeError} If the URL has another scheme or credentials, or if a
 * header or subprotocol is invalid or not supported by this runtime.
 * @throws {Error} If connecting fails or the server refuses; `cause` has the
 * reason: an {@linkcode UpgradeResponseError} with the HTTP status if there was
 * an answer, also one that is not complete when the timeout expires. If the
 * signal is aborted, rejects with its reason.
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
  checkOptionNames(options, CONNECT_OPTIONS);
  checkSocketOptions(options);
  const address = toWebSocketUrl(url);
  if (!hasSockets()) return await connectStandardSocket(address, options);
  const { connectWithOwnFraming } = await import("./_own_client.ts");
  return await connectWithOwnFraming(address, options);
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

/** Whether the runtime offers sockets as Deno does. */
function hasSockets(): boolean {
  const { Deno } = globalThis as { Deno?: { connect?: unknown } };
  return typeof Deno?.connect === "function";
}
