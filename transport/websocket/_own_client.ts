/**
 * Opening a WebSocket by frames of our own, over TCP or TLS.
 *
 * @module
 */

import { dial } from "../dial.ts";
import { WebSocketChannel } from "./_channel.ts";
import { FramedCarrier } from "./_own_carrier.ts";
import { acceptKey, newKey } from "./_handshake.ts";
import {
  ResponseReader,
  type ResponseReaderInit,
  type UpgradeAnswer,
  writeUpgradeRequest,
} from "./_handshake_client.ts";
import type { Channel } from "../channel.ts";
import { connectTcp } from "../tcp.ts";
import { connectTls } from "../tls.ts";
import type { ConnectWebSocketOptions } from "./client.ts";
import { WriteUnits } from "../write_units.ts";

/** Opens a channel to a `ws:` or `wss:` URL. */
export async function dialWebSocket(
  url: URL,
  options: ConnectWebSocketOptions,
): Promise<Channel> {
  const { signal, connectTimeout = 10_000, headers = {}, protocols = [] } =
    options;
  const key = newKey();
  // What cannot be asked for is found out before anybody is bothered.
  const request = writeUpgradeRequest({ url, key, headers, protocols });
  // Before connecting, so that giving up finds nothing under way but the connection.
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
    (abandoned) => ask(below, request, { accept, protocols }, abandoned),
  );
  const carrier = new FramedCarrier(below, "client", rest, options);
  return new WebSocketChannel(carrier, {
    ...below.info,
    transport: "websocket",
    remote: address,
  });
}

/** Sends the request and waits for the server to agree; ends the channel when it does not. */
async function ask(
  below: Channel,
  request: Uint8Array,
  wanted: ResponseReaderInit,
  abandoned: AbortSignal,
): Promise<UpgradeAnswer & Disposable> {
  const giveUp = () => below.abort(abandoned.reason);
  abandoned.addEventListener("abort", giveUp);
  try {
    const units = new WriteUnits();
    units.add(request);
    await below.write(units);
    const reader = new ResponseReader(wanted);
    for (;;) {
      const chunk = await below.read();
      const answer = chunk === null ? reader.end() : reader.push(chunk);
      if (answer !== undefined) return { ...answer, [Symbol.dispose]: giveUp };
    }
  } catch (error) {
    below.abort(error);
    throw error;
  } finally {
    abandoned.removeEventListener("abort", giveUp);
  }
}
