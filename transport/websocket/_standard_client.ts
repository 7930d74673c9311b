/**
 * Opening a WebSocket by what the runtime has for it.
 *
 * @module
 */

import { dial } from "../dial.ts";
import type { Channel } from "../channel.ts";
import type { ConnectWebSocketOptions } from "./client.ts";
import { socketChannel } from "./standard_socket.ts";

/** Opens a channel to a `ws:` or `wss:` URL. */
export async function openSocket(
  url: URL,
  options: ConnectWebSocketOptions,
): Promise<Channel> {
  for (const name of ["headers", "caCerts"] as const) {
    if (options[name] !== undefined) {
      throw new TypeError(
        `Cannot connect to ${url}: ${name} given, wanted none as this runtime's WebSocket cannot take them`,
      );
    }
  }
  const { protocols = [] } = options;
  const address = `${url.origin}${url.pathname}`;
  const { channel } = await dial(address, options, async (abandoned) => {
    const socket = new WebSocket(url, [...protocols]);
    // At once, lest a message comes before the channel listens.
    const channel = socketChannel(socket, options);
    const giveUp = () => channel.abort();
    abandoned.addEventListener("abort", giveUp);
    try {
      await opened(socket);
    } finally {
      abandoned.removeEventListener("abort", giveUp);
    }
    return { channel, [Symbol.dispose]: giveUp };
  });
  return channel;
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve();
    // Browsers say no more about it, lest a page learns what is in the user's network.
    socket.onerror = (event) => {
      const why = "message" in event ? String(event.message) : "";
      reject(new Error(why || "the WebSocket did not open"));
    };
    socket.onclose = () => reject(new Error("the WebSocket was closed"));
  });
}
