/**
 * Channels on a standard `WebSocket` of the runtime.
 *
 * @module
 */

import {
  checkOptionNames,
  type OptionNames,
} from "../../quoting/option_names.ts";
import type { Channel, ChannelInfo } from "../channel.ts";
import { WebSocketChannel } from "./_channel.ts";
import {
  checkSocketOptions,
  SOCKET_OPTIONS,
  type SocketOptions,
  StandardCarrier,
} from "./_standard_carrier.ts";

export type { SocketOptions };

/** Options of {@linkcode socketChannel}. */
export interface SocketChannelOptions extends SocketOptions {
  /** Information about the channel in addition to what the socket provides. */
  readonly info?: Partial<Omit<ChannelInfo, "transport">> | undefined;
}

const OPTIONS: OptionNames<SocketChannelOptions> = {
  ...SOCKET_OPTIONS,
  info: 1,
};

/**
 * Makes a channel of a standard `WebSocket`: of a browser,
 * `Deno.upgradeWebSocket`, Node or its `ws` package. The socket may still be
 * connecting. The channel owns the socket and closes it.
 *
 * Reading returns the bytes of text and binary messages as one stream,
 * regardless of message boundaries. The standard `WebSocket` limits the channel
 * in these points:
 *
 * - It has no backpressure for received messages. If more than
 *   `maxReceiveBufferBytes` bytes are unread, the channel breaks and closes
 *   with 1013.
 * - It does not report when it can take more. A write waits while
 *   `bufferedAmount` exceeds 1 MiB, and looks at it every few milliseconds.
 * - It cannot drop a connection. Aborting closes with 4000; the runtime does
 *   the rest.
 * - Browsers reject close codes such as 1013; the channel then closes with
 *   4000.
 *
 * The `WebSocket` client of Deno delays every second of two messages, and
 * messages of some KiB, until the delayed acknowledgement of the remote side.
 * Accepted sockets and {@linkcode connectWebSocket} do not.
 *
 * @throws {RangeError} If a number of the options is out of its range.
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
  checkOptionNames(options, OPTIONS);
  checkSocketOptions(options);
  const url = URL.canParse(socket.url) ? new URL(socket.url) : undefined;
  return new WebSocketChannel(new StandardCarrier(socket, options), {
    secure: url?.protocol === "wss:",
    remote: url && `${url.origin}${url.pathname}`,
    ...options.info,
    transport: "websocket",
  });
}
