/**
 * Connecting over WebSocket with the standard socket of the runtime.
 *
 * @module
 */

import { pickOptions } from "../../quoting/option_names.ts";
import { SOCKET_OPTIONS } from "./_standard_carrier.ts";
import type { Channel } from "../channel.ts";
import { dial, withAbortHandler } from "../dial.ts";
import type { ConnectWebSocketOptions } from "./connect_options.ts";
import { WebSocketCloseError } from "./web_socket_close_error.ts";
import { TLS_CLIENT_OPTIONS } from "../tls_client_options.ts";
import { socketChannel } from "./standard_socket.ts";

/** Opens a channel to a `ws:` or `wss:` URL. */
export async function connectStandardSocket(
  url: URL,
  options: ConnectWebSocketOptions,
): Promise<Channel> {
  for (const name of ["origin", "headers", ...TLS_CLIENT_OPTIONS] as const) {
    if (options[name] !== undefined) {
      throw new TypeError(
        `Cannot connect to ${url}: got ${name}, wanted none as this runtime's WebSocket does not support them`,
      );
    }
  }
  const { protocols = [] } = options;
  const address = `${url.origin}${url.pathname}`;
  const { channel } = await dial(address, options, async (abandoned) => {
    const socket = new WebSocket(url, [...protocols]);
    // At once, so that the channel listens before the first message arrives.
    const channel = socketChannel(
      socket,
      pickOptions(options, SOCKET_OPTIONS),
    );
    const giveUp = () => channel.abort();
    await withAbortHandler(abandoned, giveUp, () => opened(socket));
    return { channel, [Symbol.dispose]: giveUp };
  });
  return channel;
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve();
    // Browsers reveal no details, to protect the user's network from pages.
    socket.onerror = (event) => {
      const why = "message" in event ? String(event.message) : "";
      reject(new Error(why || "the WebSocket did not open"));
    };
    socket.onclose = (status) =>
      reject(new WebSocketCloseError("the WebSocket did not open", status));
  });
}
