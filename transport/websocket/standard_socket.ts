/**
 * Channels on a `WebSocket` of the runtime.
 *
 * @module
 */

import { WebSocketChannel } from "./_channel.ts";
import { SocketCarrier, type SocketOptions } from "./_standard_carrier.ts";
import type { Channel, ChannelInfo } from "../channel.ts";

export type { SocketOptions };

/** Options of {@linkcode socketChannel}. */
export interface SocketChannelOptions extends SocketOptions {
  /** What is known of the socket and its other end, beside what the socket says itself. */
  readonly info?: Partial<Omit<ChannelInfo, "transport">> | undefined;
}

/**
 * Makes a channel of a standard `WebSocket`: of a browser, of `Deno.upgradeWebSocket`, of Node and its
 * `ws` package. It may still be connecting. The channel owns the socket and closes it.
 *
 * What is read is a stream of bytes: text and binary messages, however they are cut. Where the standard
 * `WebSocket` has no means, the channel does what can be done:
 *
 * - It cannot hold the other end up. When more than `maxReceiveBufferBytes` are unread, the channel breaks,
 *   and closes with 1013.
 * - It does not tell when it can take more. A writer is held up above 1 MiB of `bufferedAmount`, which
 *   is looked at every few milliseconds then, and only then.
 * - It cannot drop a connection: aborting closes with 4000, and the runtime does the rest.
 * - Browsers do not let a program close with codes such as 1013; the code is 4000 then.
 *
 * Deno's own `WebSocket` to a server (not one that was accepted) holds every second one of two messages,
 * and messages of some KiB, back until the other side's delayed acknowledgement; {@linkcode connectWebSocket} does not.
 *
 * @example
 * ```ts
 * import { socketChannel } from "@gotalk/gotalk/transport/websocket";
 * import { listenWebSocket } from "@gotalk/gotalk/transport/websocket-listener";
 * import { assertEquals } from "@std/assert";
 *
 * await using listener = listenWebSocket({ origins: "*" });
 * const a = socketChannel(new WebSocket(listener.address));
 * const b = (await listener.accept())!;
 * await Promise.all([a.close(), b.close()]);
 * assertEquals((await a.closed).clean, true);
 * ```
 */
export function socketChannel(
  socket: WebSocket,
  options: SocketChannelOptions = {},
): Channel {
  const url = URL.canParse(socket.url) ? new URL(socket.url) : undefined;
  return new WebSocketChannel(new SocketCarrier(socket, options), {
    secure: url?.protocol === "wss:",
    remote: url && `${url.origin}${url.pathname}`,
    ...options.info,
    transport: "websocket",
  });
}
