/**
 * Connecting over WebSocket with own framing, over TCP or TLS.
 *
 * @module
 */

import type { Channel } from "../channel.ts";
import type { ChannelClock } from "../clock.ts";
import { dial, withAbortHandler } from "../dial.ts";
import { openTcp, openTls } from "../open_conn.ts";
import { checkTlsOptions } from "../tls_client_options.ts";
import { tcpChannel } from "../tcp.ts";
import { tlsChannel } from "../tls.ts";
import { WriteUnits } from "../write_units.ts";
import { WebSocketChannel } from "./_channel.ts";
import type { ConnectWebSocketOptions } from "./connect_options.ts";
import { acceptKey, newKey } from "./_handshake.ts";
import {
  ResponseReader,
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
  const { headers = {}, origin, protocols = [] } = options;
  const address = `${url.origin}${url.pathname}`;
  checkTlsOptions(address, options);
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
  const accept = acceptKey(key);
  const secure = url.protocol === "wss:";
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port) || (secure ? 443 : 80);

  let reader: ResponseReader | undefined;
  // One dial for both steps, so that errors name the URL and the timeout that
  // were given, and what the server has answered so far.
  const { below, rest } = await dial(address, options, async (abandoned) => {
    const below = secure
      ? tlsChannel(await openTls({ ...options, hostname, port }, abandoned))
      : tcpChannel(await openTcp({ hostname, port }, abandoned));
    reader = new ResponseReader({ accept, hasOrigin, protocols });
    return await upgrade(below, request, reader, abandoned);
  }, () => reader?.unfinished("the server sent no more"));
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
  reader: ResponseReader,
  abandoned: AbortSignal,
): Promise<UpgradeResponse & Disposable & { readonly below: Channel }> {
  const giveUp = () => below.abort(abandoned.reason);
  return withAbortHandler(abandoned, giveUp, async () => {
    try {
      const units = new WriteUnits();
      units.add(request);
      await below.write(units);
      for (;;) {
        const chunk = await below.read();
        const response = chunk === null ? reader.end() : reader.push(chunk);
        if (response !== undefined) {
          return { ...response, below, [Symbol.dispose]: giveUp };
        }
      }
    } catch (error) {
      below.abort(error);
      throw error;
    }
  });
}
