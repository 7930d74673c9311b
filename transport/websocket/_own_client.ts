/**
 * Connecting over WebSocket with own framing, over TCP or TLS.
 *
 * @module
 */

import type { Channel } from "../channel.ts";
import type { ChannelClock } from "../clock.ts";
import { dial, withAbortHandler } from "../dial.ts";
import { connectTcp } from "../tcp.ts";
import { connectTls } from "../tls.ts";
import { WriteUnits } from "../write_units.ts";
import { WebSocketChannel } from "./_channel.ts";
import type { ConnectWebSocketOptions } from "./_connect_options.ts";
import { acceptKey, newKey } from "./_handshake.ts";
import {
  ResponseReader,
  type ResponseReaderInit,
  type UpgradeResponse,
  writeUpgradeRequest,
} from "./_handshake_client.ts";
import { OwnCarrier } from "./_own_carrier.ts";

/** Opens a channel to a `ws:` or `wss:` URL. */
export async function connectWithOwnFraming(
  url: URL,
  options: ConnectWebSocketOptions,
  clock?: ChannelClock,
): Promise<Channel> {
  const {
    signal,
    connectTimeout = 10_000,
    headers = {},
    origin,
    protocols = [],
  } = options;
  const key = newKey();
  // Before connecting, so that an invalid request reaches no server.
  const request = writeUpgradeRequest({
    url,
    key,
    headers,
    origin,
    protocols,
  });
  const hasOrigin = origin !== undefined || new Headers(headers).has("origin");
  // Before connecting, so that only the connection has to be abandoned.
  const accept = await acceptKey(key);
  const secure = url.protocol === "wss:";
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port) || (secure ? 443 : 80);

  const start = performance.now();
  const below = secure
    ? await connectTls({ ...options, hostname, port })
    : await connectTcp({ ...options, hostname, port });
  const address = `${url.origin}${url.pathname}`;
  const left = connectTimeout - Math.floor(performance.now() - start);
  const { rest } = await dial(
    address,
    { signal, connectTimeout: left },
    (abandoned) =>
      upgrade(below, request, { accept, hasOrigin, protocols }, abandoned),
  );
  const carrier = new OwnCarrier(below, "client", rest, options, clock);
  return new WebSocketChannel(carrier, {
    ...below.info,
    transport: "websocket",
    remote: address,
  }, clock);
}

/**
 * Sends the request and waits until the server accepts; aborts the channel
 * below if it does not.
 */
function upgrade(
  below: Channel,
  request: Uint8Array,
  expected: ResponseReaderInit,
  abandoned: AbortSignal,
): Promise<UpgradeResponse & Disposable> {
  const giveUp = () => below.abort(abandoned.reason);
  return withAbortHandler(abandoned, giveUp, async () => {
    try {
      const units = new WriteUnits();
      units.add(request);
      await below.write(units);
      const reader = new ResponseReader(expected);
      for (;;) {
        const chunk = await below.read();
        const response = chunk === null ? reader.end() : reader.push(chunk);
        if (response !== undefined) {
          return { ...response, [Symbol.dispose]: giveUp };
        }
      }
    } catch (error) {
      below.abort(error);
      throw error;
    }
  });
}
